"""How right links are, by what the truth knows of them: for tables.py."""

import csv
from collections import Counter, defaultdict

STRICT = 0.999


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def true_pairs(folder):
    """Of each row its entity, and the number of pairs that are true."""
    truth = rows(folder / "truth.csv")
    if "entity" not in truth[0]:
        entities = {}
        for number, row in enumerate(truth):
            entities["left", row["left_id"]] = entities["right", row["right_id"]] = number
        return entities, len(truth)
    entities = {(row["input"], row["id"]): row["entity"] for row in truth}
    inputs = sorted({row["input"] for row in truth})
    counts = Counter((row["entity"], row["input"]) for row in truth)
    if len(inputs) == 2:
        return entities, sum(count * counts[entity, inputs[1]] for (entity, side), count in counts.items() if side == inputs[0])
    return entities, sum(count * (count - 1) // 2 for count in counts.values())


def by_kind(folder):
    """Recall of accepted links by what was done to a pair: alone, and of the worst two kinds together."""
    found = {(row["left_id"], row["right_id"]) for row in rows(folder / "out/pairs.csv")}
    return recall_by_kind(folder, found)


def recall_by_kind(folder, found):
    there, kept = Counter(), Counter()
    for row in rows(folder / "truth.csv"):
        kinds = [kind for kind in row["kinds"].split("+") if kind != "twin"] or ["twin"]
        name = "+".join(kinds)
        there[name] += 1
        kept[name] += (row["left_id"], row["right_id"]) in found
    return {name: (kept[name] / count, count) for name, count in there.items()}


def relatives_linked(folder, found=None):
    """Links between two who are relatives: twins, and brothers and sisters."""
    if found is None:
        found = {(row["left_id"], row["right_id"]) for row in rows(folder / "out/pairs.csv")}
    linked = Counter()
    for row in rows(folder / "relatives.csv"):
        linked[row["relation"]] += (row["left_id"], row["right_id"]) in found
    return linked


class Theirs:
    """Splink's pairs, at the threshold that the truth picks."""

    def __init__(self, folder, inputs):
        entities, self.truly = true_pairs(folder)
        pairs = [
            (float(row["match_weight"]), row["unique_id_l"], row["unique_id_r"])
            for row in rows(folder / "splink-pairs.csv")
        ]
        pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
        if len(inputs) == 2:
            left, right = inputs
            known = lambda one, other: entities.get((left, one)) is not None and entities.get((left, one)) == entities.get((right, other))
            # Splink names its tables in its own order; an id tells the side.
            sides = {key for side, key in entities if side == left}
            turned = [(weight, one, other) if one in sides else (weight, other, one) for weight, one, other in pairs]
            self.points, self.chosen = one_to_one(turned, known)
        else:
            self.points, self.chosen = clustered(pairs, {key: entity for (_, key), entity in entities.items()}), []

    def f1(self, point):
        _, said, right = point
        return 2 * right / (said + self.truly)

    def best(self):
        return max(self.points, key=self.f1)

    def strict(self):
        return max((right / self.truly for _, said, right in self.points if right >= STRICT * said), default=None)

    def links(self):
        """The links at the best threshold."""
        threshold = self.best()[0]
        return {(left, right) for weight, left, right in self.chosen if weight >= threshold}


def one_to_one(pairs, same):
    """Each row once, in the heaviest pair that is left for it: points of weight, links and right ones."""
    taken, points, chosen, said, right = set(), [], [], 0, 0
    for weight, left, other in pairs:
        if ("l", left) in taken or ("r", other) in taken:
            continue
        taken.update([("l", left), ("r", other)])
        chosen.append((weight, left, other))
        said += 1
        right += same(left, other)
        if points and points[-1][0] == weight:
            points.pop()
        points.append((weight, said, right))
    return points, chosen


def clustered(pairs, entities):
    """Clusters by connected components as the threshold falls: points of weight, pairs within clusters, right ones."""
    parent, members, points, said, right = {}, defaultdict(Counter), [], 0, 0

    def find(row):
        while parent.setdefault(row, row) != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for row, entity in entities.items():
        members[row][entity] = 1
    for weight, one, other in pairs:
        one, other = find(one), find(other)
        if one != other:
            said += sum(members[one].values()) * sum(members[other].values())
            right += sum(count * members[other][entity] for entity, count in members[one].items())
            parent[other] = one
            members[one].update(members.pop(other))
        if points and points[-1][0] == weight:
            points.pop()
        points.append((weight, said, right))
    return points
