"""The checks are checked: every rule, made wrong, one at a time, must be noticed by the table.

A rule's result is multiplied by 1.01, or by −1; then the rows that use the rule are checked again, against
the central differences of the unharmed engine.  For the second derivative that is the same as computing
them anew: a rule that the first-order pass uses is caught by the first-order check, and one that it does
not use leaves them as they were.
"""
import pytest
from cases import CASES, bent, cotangent, first_is_right, numeric_first, numeric_second, second_is_right
from test_gradients import primitives

from minidl import Tensor, grad


def harmed(rules, i, factor):
    """The rules with the gradient of input i multiplied by `factor`."""
    if callable(rules):
        return lambda *inputs, **params: [g * factor if j == i and g is not None else g
                                          for j, g in enumerate(rules(*inputs, **params))]
    return tuple((lambda *inputs, **params: rules[i](*inputs, **params) * factor) if j == i else rule
                 for j, rule in enumerate(rules))


def watched(op, users):
    """The rules of `op`, noting in `users` that they were called, and how many gradients they gave."""
    def note(result, i=None):
        users.update([i] if i is not None else [j for j, g in enumerate(result) if g is not None])
        return result
    if callable(op.vjps):
        rules = op.vjps
        return lambda *inputs, **params: note(rules(*inputs, **params))
    return tuple(rule and (lambda *inputs, _rule=rule, _i=i, **params: note(_rule(*inputs, **params), _i))
                 for i, rule in enumerate(op.vjps))


@pytest.fixture(scope="module")
def users():
    """{(operation, input): names of the rows that use that rule, those with the first-order pass first}."""
    ops, found = primitives(), {}
    for order, check in enumerate((first_is_right, second_is_right), 1):
        for name in CASES:
            numeric_first(name), numeric_second(name)           # kept, before the rules are watched
            kept, seen = {op: op.vjps for op in ops}, {op: set() for op in ops}
            try:
                for op in ops:
                    op.vjps = watched(op, seen[op])
                check(name)
            finally:
                for op in ops:
                    op.vjps = kept[op]
            for op in ops:
                for i in seen[op]:
                    found.setdefault((op, i), []).append((check, name))
    return found


@pytest.mark.parametrize("factor", [1.01, -1.0])
def test_every_rule_made_wrong_is_noticed(users, factor):
    wanted = [(op, i) for op in primitives() for i in ([0] if callable(op.vjps) else
                                                       [i for i, rule in enumerate(op.vjps) if rule])]
    unused = [f"{op.__name__}, input {i}" for op, i in wanted if (op, i) not in users]
    assert not unused, "no row uses these rules"
    missed = []
    for (op, i), rows in users.items():
        kept, op.vjps = op.vjps, harmed(op.vjps, i, factor)
        try:
            if all(check(name) for check, name in rows):
                missed.append(f"{op.__name__}, input {i}")
        finally:
            op.vjps = kept
    print(f"\nrules times {factor}: {len(users) - len(missed)} of {len(users)} noticed")
    assert not missed


def test_a_gradient_check_by_ones_would_be_blind():
    """Why the cotangent is random: a softmax sums to 1, so with ones its gradient is 0 whatever the rule."""
    x = Tensor(CASES["softmax"].arrays[0])
    assert abs(grad(CASES["softmax"].f(x).sum(), [x])[0]).max() < 1e-15
    assert cotangent("softmax").std() > 0.1 and float(bent(CASES["softmax"], [x], cotangent("softmax"))) != 0
