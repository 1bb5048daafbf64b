"""Losses and gradients of the heavy ranker by PyTorch's autograd: reads a case as JSON, writes what it finds."""

import json
import os
import sys

import torch

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "..", "..", "bench", "peers"))
from network import Network  # noqa: E402

case = json.load(sys.stdin)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
network = Network(case["network"])
tensor = lambda name: torch.tensor(case[name]).reshape(case["rows"], -1)
with torch.no_grad():
    for name, shape in case["network"]["parameters"]:
        getattr(network, name.replace(".", "_")).copy_(torch.tensor(case["parameters"][name]).reshape(shape))
    network.mean.copy_(torch.tensor(case["mean"]))
    network.wide.copy_(torch.tensor(case["wide"]).reshape(network.wide.shape))
    network.normalise.copy_(torch.tensor(case["scale"]))
vectors = tensor("vectors").requires_grad_()
losses = network.losses(network(tensor("features"), vectors), tensor("weights"), tensor("targets"))
losses.sum().backward()
flat = lambda gradient: gradient.reshape(-1).tolist()
json.dump(
    {
        "losses": losses.sum(0).tolist(),
        "gradients": {name: flat(getattr(network, name.replace(".", "_")).grad) for name, _ in case["network"]["parameters"]},
        "vectors": flat(vectors.grad),
    },
    sys.stdout,
)
