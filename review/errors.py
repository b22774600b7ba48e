"""What the review room refuses, and what it says then; views show `message` to the person who asked."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.errors import BadRecordError
from ledger.numbers import mask_numbers
from review.rejections import in_words


class ReviewError(Exception):
    """The request was refused and nothing was changed."""

    message: str | Promise = _("This cannot be done.")

    def __str__(self) -> str:
        return str(self.message)


class NotAllowedError(ReviewError):
    """The person lacks the role."""

    message = _("Your roles do not allow this.")


class DecidedMeanwhileError(ReviewError):
    """The case is not in the state the person saw."""

    message = _("Someone decided this case meanwhile. Nothing was changed; please look at its present state.")


class JudgedMeanwhileError(ReviewError):
    """The sample of the recall check has its verdict."""

    message = _("Someone judged this sample meanwhile. Nothing was changed.")


class ClaimedByAnotherError(ReviewError):
    """Another reviewer holds the case."""

    message = _("Another reviewer is working on this case. Nothing was changed.")


class SkippedBeforeError(ReviewError):
    """The same reviewer skipped the case before."""

    message = _("You have skipped this case already; it stays in the queue for your colleagues.")


class UnknownVerdictError(ReviewError):
    """The verdict is none of those on the form."""

    message = _("Choose one of the decisions offered.")


class CategoryMissingError(ReviewError):
    """A confirmation names what kind of spam it is."""

    message = _("Confirming needs a category.")


class ReasonMissingError(ReviewError):
    """A skip or a rejection gives its reason."""

    message = _("Please give a reason.")


class SamePersonError(ReviewError):
    """Who decided does not sign."""

    message = _("You decided on this case yourself; a different person has to sign.")


class SigningKeyMissingError(ReviewError):
    """Without its key this process cannot sign orders."""

    message = _(
        "Orders cannot be signed here: the signing key (QINGXIN_ORDER_SIGNING_KEY) is not set. Nothing was changed."
    )


class NotAGatewayLineError(ReviewError):
    """Only lines of gateways are fed again; what BOSS or the network sent is theirs to send."""

    message = _("Only lines of gateways can be fed again.")


class FedMeanwhileError(ReviewError):
    """The letter was fed since the person looked; feeding once more is asked for on its present page."""

    message = _("This line was fed again meanwhile. Nothing was changed; please look at its present state.")


class LineCutError(ReviewError):
    """Only the beginning of the line was kept."""

    message = _("Only the beginning of this line was kept; complete it before you feed it.")


class PeopleChangedError(ReviewError):
    """Sender and receiver are facts of the line as it came, where they can be read in it."""

    message = _("Sender and receiver can be read in the line as it came, and have to stay. Nothing was fed.")


class StillRejectedError(ReviewError):
    """The line breaks the rules of a live line."""

    message = _("Scoring would reject this line once more: %(reason)s. Nothing was fed.")

    def __init__(self, reason: BadRecordError) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.message) % {"reason": mask_numbers(in_words(self.reason.reason, self.reason.detail))}
