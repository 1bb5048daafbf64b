"""The heavy ranker in PyTorch, from the same definition: what Freshet's training step is compared with."""

import torch
from torch import nn


class Network(nn.Module):
    """Raw rows and vectors of entities to logits; `definition` is what bench/peers/definition.ts writes."""

    def __init__(self, definition):
        super().__init__()
        columns = definition["columns"]
        number = lambda name: torch.tensor([column[name] for column in columns["curved"]])
        self.curved = torch.tensor([column["index"] for column in columns["curved"]])
        self.linear = torch.tensor(columns["linear"])
        self.scale, self.below, self.highest = number("scale"), number("below"), number("highest")
        sums = columns["sums"]
        self.factors = torch.tensor(sums["factors"]).reshape(len(columns["curved"]), len(sums["highest"]))
        self.sums_scale, self.sums_highest = torch.tensor(sums["scale"]), torch.tensor(sums["highest"])
        self.linear_max = columns["linearMax"]
        self.deviations_max = definition["deviationsMax"]
        self.heads, self.experts = definition["heads"], definition["experts"]
        self.units, self.dimensions = definition["units"], definition["dimensions"]
        for name, shape in definition["parameters"]:
            # PyTorch takes no dots in the names of parameters.
            self.register_parameter(name.replace(".", "_"), nn.Parameter(torch.zeros(shape)))
        width = len(columns["curved"]) + len(sums["highest"]) + len(columns["linear"])
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("wide", torch.zeros(width, self.heads))
        self.register_buffer("normalise", torch.ones(width))
        self.is_time = torch.tensor(definition["isTime"])

    def columns(self, rows):
        scaled = rows[:, self.curved] * self.scale
        scaled = torch.minimum(torch.where(scaled < 0, self.below, scaled), self.highest)
        sums = torch.minimum((scaled @ self.factors) * self.sums_scale, self.sums_highest)
        linear = rows[:, self.linear].clamp(-self.linear_max, self.linear_max)
        return torch.cat([torch.log1p(torch.cat([scaled, sums], 1)), linear], 1)

    def forward(self, rows, vectors):
        columns = self.columns(rows)
        first = vectors[:, : self.dimensions].unsqueeze(1)
        others = vectors[:, self.dimensions :].reshape(len(rows), -1, self.dimensions)
        vectors = torch.cat([vectors, (others * first).sum(2)], 1)

        def layer(name, inputs):
            weights, bias = getattr(self, f"{name}_weights"), getattr(self, f"{name}_bias")
            return torch.addmm(bias, inputs, weights) + vectors @ getattr(self, f"{name}_embedding_weights")

        inputs = ((columns - self.mean) * self.normalise).clamp(-self.deviations_max, self.deviations_max)
        gates = layer("gates", inputs).reshape(len(rows), self.heads, self.experts).softmax(2)
        experts = layer("experts_0", inputs).relu().reshape(len(rows), self.experts, self.units)
        tower = torch.bmm(gates, experts).transpose(0, 1)
        tower = torch.baddbmm(self.towers_0_bias, tower, self.towers_0_weights).relu()
        last = torch.baddbmm(self.towers_last_bias, tower, self.towers_last_weights)
        wide = torch.addmm(self.wide_bias, columns, self.wide) + vectors @ self.wide_embedding_weights
        return wide + inputs @ self.linear_weights + last.squeeze(2).transpose(0, 1)

    def losses(self, logits, weights, targets):
        entropy = weights * nn.functional.softplus(logits) - targets * logits
        time = weights * nn.functional.huber_loss(logits, targets, reduction="none", delta=1.0)
        return torch.where(self.is_time, time, entropy)
