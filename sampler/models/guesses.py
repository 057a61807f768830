"""Which contexts may be asked for next: those that follow a text as the same few tokens were followed before."""

from collections.abc import Iterable

LENGTHS = (4, 3, 2)  # of the last tokens that are looked up, the longest known first
MOST = 50_000  # endings remembered; beyond, all are forgotten

Text = tuple[int, ...]


class Guesses:
    """What followed the last few tokens when they were seen last (prompt lookup: Saxena 2023; Yang et al. 2023, LLMA).

    A guess costs a place in a pass that is made anyway; where it is right, a later pass is saved. It never decides
    which token is drawn.
    """

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._followed: dict[Text, int] = {}

    def learn(self, contexts: Iterable[Text]) -> None:
        """Remember the last token of each context as what follows the tokens before it."""
        if len(self._followed) > MOST:
            self._followed.clear()
        for context in contexts if self._depth else ():  # who never guesses need not learn
            for length in LENGTHS:
                if len(context) > length:
                    self._followed[context[-length - 1 : -1]] = context[-1]

    def after(self, context: Text) -> list[Text]:
        """Up to `depth` likely continuations of a context, each a token longer than the one before."""
        likely = []
        for _ in range(self._depth):
            known = (self._followed.get(context[-length:]) for length in LENGTHS)
            token = next((token for token in known if token is not None), None)
            if token is None:
                break
            context = (*context, token)
            likely.append(context)
        return likely
