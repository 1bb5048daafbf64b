"""
How fast PyTorch trains the heavy ranker on one thread: the same network, embeddings included, as PyTorch's users
would write it (eager, EmbeddingBag with sparse gradients and Adagrad for the tables, fused Adam for the rest).
Reads a JSON object from standard input, writes one to standard output. Started by `freshet bench train`.
"""

import json
import sys
import time

import torch
from network import Network
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)
spec = json.load(sys.stdin)
network = Network(spec["network"])
for parameter in network.parameters():
    torch.nn.init.uniform_(parameter, -0.1, 0.1)
tables = torch.nn.ModuleList(
    torch.nn.EmbeddingBag(rows, spec["network"]["dimensions"], mode="sum", sparse=True) for rows in spec["tableRows"]
)
dense = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
sparse = torch.optim.Adagrad(tables.parameters(), lr=0.05, initial_accumulator_value=0.1)


def batch_of(rows):
    """Random rows, about half of each zeros, with ids: so many of each entity a row, two hashes each."""
    features = torch.rand(rows, spec["network"]["width"]) * 20
    features *= torch.rand_like(features) < 0.5
    ids = []
    for table_rows, ids_max in zip(spec["tableRows"], spec["idsMax"]):
        counts = torch.full((rows,), 1) if ids_max == 1 else torch.randint(0, ids_max + 1, (rows,))
        offsets = torch.cat([torch.zeros(1, dtype=torch.long), (counts * 2).cumsum(0)[:-1]])
        ids.append((torch.randint(0, table_rows, (int(counts.sum()) * 2,)), offsets, counts.clamp(min=1).unsqueeze(1)))
    heads = spec["network"]["heads"]
    weights = torch.full((rows, heads), 1 / rows)
    contents = nn.functional.normalize(torch.randn(rows, 2, spec["network"]["content"]), dim=2).reshape(rows, -1)
    return features, ids, contents, weights, (torch.rand(rows, heads) < 0.1) / rows


def step(features, ids, contents, weights, targets):
    dense.zero_grad()
    sparse.zero_grad()
    vectors = torch.cat([table(each, offsets) / counts for table, (each, offsets, counts) in zip(tables, ids)], 1)
    logits = network(features, vectors, contents)
    network.losses(logits, weights, targets).sum().backward()
    dense.step()
    sparse.step()


def measure(rows):
    batches = [batch_of(rows) for _ in range(spec["batches"])]
    for each in batches[:3]:
        step(*each)
    steps, wall, cpu = 0, time.perf_counter(), time.process_time()
    while time.process_time() - cpu < spec["seconds"]:
        step(*batches[steps % len(batches)])
        steps += 1
    samples = steps * rows
    return {
        "samples_per_cpu_s": samples / (time.process_time() - cpu),
        "samples_per_wall_s": samples / (time.perf_counter() - wall),
    }


json.dump({"version": torch.__version__, "batches": {rows: measure(rows) for rows in spec["sizes"]}}, sys.stdout)
