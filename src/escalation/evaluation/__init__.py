"""How good the answers are: figures with intervals, on unseen tasks or in cross-validation."""

from escalation.evaluation.figures import Evaluation
from escalation.evaluation.run import Run, run_engines
from escalation.evaluation.scoring import evaluate, score

__all__ = ["Evaluation", "Run", "evaluate", "run_engines", "score"]
