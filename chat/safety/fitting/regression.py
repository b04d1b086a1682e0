"""Logistic regression, one class against the rest, over the whole set at once: deterministic."""

import numpy as np
import torch

STEPS = 80


def fitted(
    vectors: np.ndarray, targets: np.ndarray, weights: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Weight (classes, features) and bias (classes,) that minimise the weighted log loss.

    Args:
        vectors: features of each text, (texts, features).
        targets: 1 where a text belongs to a class, else 0, (texts, classes).
        weights: how much each text counts for each class, (texts, classes); 0 leaves it out.
        penalty: of the squared weights, relative to the mean loss.
    """
    x, y = torch.tensor(vectors, dtype=torch.float64), torch.tensor(targets, dtype=torch.float64)
    share = torch.tensor(weights, dtype=torch.float64)
    share = share / share.sum(0, keepdim=True)
    weight = torch.zeros(y.shape[1], x.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(y.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=STEPS, history_size=20, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        losses = torch.nn.functional.binary_cross_entropy_with_logits(
            x @ weight.T + bias, y, reduction="none"
        )
        loss = (losses * share).sum() + penalty * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weight.detach().numpy(), bias.detach().numpy()
