"""The views of an evaluation, in the order in which `mnist eval` computes and shows them.

A view is a module here, one of the same name in `mnist_cli.render.views`, and its options in
`mnist_cli.cli.evaluate`.
"""

from typing import Any, ClassVar, Protocol

from mnist_cli.evaluation.compared import ComparedView
from mnist_cli.evaluation.confusion import ConfusionView
from mnist_cli.evaluation.mistakes import MistakesView
from mnist_cli.evaluation.output import OutputView
from mnist_cli.evaluation.reliability import ReliabilityView
from mnist_cli.evaluation.robustness import RobustnessView
from mnist_cli.evaluation.run import Run
from mnist_cli.evaluation.sweep import SweepView


class View(Protocol):
    """A frozen dataclass whose fields are its settings."""

    name: ClassVar[str]

    def compute(self, run: Run) -> Any:
        """What there is to show. Raises `MnistError` for files that fail while they are read."""


_VIEWS: tuple[type[View], ...] = (
    OutputView,  # first: the others use the predictions of its pass
    ConfusionView,
    MistakesView,
    ReliabilityView,
    SweepView,
    ComparedView,
    RobustnessView,
)

VIEWS: dict[str, type[View]] = {view.name: view for view in _VIEWS}


def make_view(name: str, **settings: Any) -> View:
    """Make the view of this name.

    Raises
    ------
    ValueError
        For a name that no view has.
    """
    if name not in VIEWS:
        raise ValueError(f"there is no view {name!r}: expected one of {', '.join(VIEWS)}")
    return VIEWS[name](**settings)
