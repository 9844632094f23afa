"""The meaning of each verb to the platform of the model, and what must never happen to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from tests.robustness.protocol_model.model import Applier, Moment, Reading, Rules, Sent, Verb, is_busy


@dataclass(frozen=True)
class Create(Verb):
    """Objects of one moniker: (ours, a human's). Where monikers are `any`, there can be several (A1)."""

    monikers: str = "unique"
    doubles: int = 0
    start: Any = (0, 0)

    @override
    def read(self, moment: Moment, applier: Applier, rules: Rules, by: int) -> Reading:
        """By moniker; content tells ours from theirs, and only an intent or a row makes it ours."""
        ours, theirs = moment.world
        if applier.step == "reading":
            if ours + theirs == 0:
                return Reading("go", "object")
            has_claim = moment.is_owned or (rules.keeps_intents and moment.journal in {"void", "done"})
            is_like_ours = ours or not rules.adopts_by_content
            return Reading("done" if has_claim and (moment.is_owned or is_like_ours) else "conflict")
        if ours or (theirs and not rules.adopts_by_content):
            return Reading("done")
        return Reading("conflict") if theirs else Reading("go", "object")

    @override
    def deliver(self, moment: Moment, sent: Sent) -> Iterator[tuple[Any, bool, str | None]]:
        """Made, unless the name is taken where names are unique."""
        ours, theirs = moment.world
        if self.monikers == "unique" and ours + theirs:
            yield moment.world, False, None
        else:
            yield (ours + 1, theirs), True, "created twice" if ours else None

    @override
    def disturb(self, moment: Moment) -> Iterator[Any]:
        """Somebody else makes an object of that name."""
        ours, theirs = moment.world
        if not (self.monikers == "unique" and ours):
            yield ours, theirs + 1

    @override
    def ended(self, moment: Moment) -> str | None:
        """An object whose creation ends well is ours."""
        return None if moment.world[0] else "stole a foreign object"

    @override
    def disowned(self, moment: Moment) -> str | None:
        """An object that we made is ours, whoever says that the name is taken."""
        return "called ours somebody else's" if moment.world == (1, 0) else None

    @override
    def resting(self, moment: Moment, rules: Rules) -> str | None:
        """An object that we made is in the inventory, or its intent is kept."""
        kept = {"pending", "void"} if rules.keeps_intents else {"pending"}
        is_known = moment.is_owned or moment.journal in kept
        return "orphan" if moment.world[0] and not is_known else None


@dataclass(frozen=True)
class Change(Verb):
    """
    Values of one object, or of several that one request changes: old, new, or a human's.

    ``mine`` is a human's value while an applier is at work, ``later`` one made when all had ended. `takes` says how
    the platform takes a request for several: all or nothing, or `partly` (A8).
    """

    objects: int = 1
    takes: str = "wholly"
    start: Any = None

    def __post_init__(self) -> None:
        # As the plan saw it.
        object.__setattr__(self, "start", ("old",) * self.objects)

    @override
    def read(self, moment: Moment, applier: Applier, rules: Rules, by: int) -> Reading:
        """As the plan saw it: go; as it wants it: done; else leave it alone, object by object."""
        missing = tuple(place for place, value in enumerate(moment.world) if value == "old")
        if not missing:
            return Reading("done" if "new" in moment.world else "conflict")
        if not rules.sends_what_is_missing:
            missing = tuple(range(self.objects))
        return Reading("go", missing)

    @override
    def deliver(self, moment: Moment, sent: Sent) -> Iterator[tuple[Any, bool, str | None]]:
        """All of it; or, where the platform takes it partly, only the first."""
        places = sent.what if isinstance(sent.what, tuple) else ()
        parts = {places, places[:1]} if self.takes == "partly" else {places}
        for part in sorted(parts):
            late = any(moment.world[place] == "later" for place in part)
            world = tuple("new" if place in part else value for place, value in enumerate(moment.world))
            yield world, True, "a late request undid an edit" if late else None

    @override
    def disturb(self, moment: Moment) -> Iterator[Any]:
        """Somebody edits one of them."""
        value = "mine" if is_busy(moment) or not any(a.step == "done" for a in moment.appliers) else "later"
        for place in range(self.objects):
            yield tuple(value if place == other else kept for other, kept in enumerate(moment.world))

    @override
    def ended(self, moment: Moment) -> str | None:
        """A change that is said to be done is done."""
        return "said to be done, and is not" if "old" in moment.world else None


@dataclass(frozen=True)
class Seen(Change):
    """As `Change`, for an edit that was there before any applier read: it must survive."""

    @override
    def disturb(self, moment: Moment) -> Iterator[Any]:
        """The edit comes between plan and apply."""
        if moment.epoch == 0:
            yield tuple("later" if place == 0 else value for place, value in enumerate(moment.world))


@dataclass(frozen=True)
class Delete(Verb):
    """Whether the object of our id is there, and whether one is that a human made later under the same moniker."""

    start: Any = (True, False)

    @override
    def read(self, moment: Moment, applier: Applier, rules: Rules, by: int) -> Reading:
        """By our id, or by the moniker."""
        ours, theirs = moment.world
        is_there = ours if rules.deletes_by_id else ours or theirs
        return Reading("go", "id" if rules.deletes_by_id else "moniker") if is_there else Reading("done")

    @override
    def deliver(self, moment: Moment, sent: Sent) -> Iterator[tuple[Any, bool, str | None]]:
        """Ours goes; by moniker, whatever has it."""
        ours, theirs = moment.world
        if ours:
            yield (False, theirs), True, None
        elif theirs and sent.what == "moniker":
            yield (False, False), True, "deleted a foreign object"
        else:
            yield moment.world, False, None

    @override
    def disturb(self, moment: Moment) -> Iterator[Any]:
        """Somebody removes it and makes another one of that name."""
        yield False, True

    @override
    def ended(self, moment: Moment) -> str | None:
        """An object that is said to be gone is gone."""
        return "said to be done, and is not" if moment.world[0] else None


@dataclass(frozen=True)
class Switch(Verb):
    """The state of a SIM: the first applier's plan suspends it, a later plan of the others puts it back."""

    start: Any = "active"

    @override
    def read(self, moment: Moment, applier: Applier, rules: Rules, by: int) -> Reading:
        """Whether it is in the wanted state."""
        wanted = "suspended" if by == 0 else "active"
        return Reading("done") if moment.world == wanted else Reading("go", wanted)

    @override
    def deliver(self, moment: Moment, sent: Sent) -> Iterator[tuple[Any, bool, str | None]]:
        """Set; an old request must not change what a later run left behind."""
        later = any(
            applier.step == "done" and applier.epoch > sent.epoch and other != sent.by
            for other, applier in enumerate(moment.appliers)
        )
        undoes = later and moment.world != sent.what
        yield sent.what, True, "an old request undid a later run" if undoes else None


@dataclass(frozen=True)
class Terminate(Verb):
    """A SIM: alive or terminated. A request that cannot be undone is never sent while another may still land."""

    start: Any = "alive"

    @override
    def read(self, moment: Moment, applier: Applier, rules: Rules, by: int) -> Reading:
        """Whether it is terminated."""
        return Reading("done") if moment.world == "terminated" else Reading("go", "terminate")

    @override
    def deliver(self, moment: Moment, sent: Sent) -> Iterator[tuple[Any, bool, str | None]]:
        """It cannot be undone."""
        yield "terminated", moment.world == "alive", None

    @override
    def sending(self, moment: Moment) -> str | None:
        """Once for one consent."""
        return "terminated while an earlier request may land" if moment.net or moment.world == "terminated" else None

    @override
    def ended(self, moment: Moment) -> str | None:
        """A SIM that is said to be terminated is terminated."""
        return None if moment.world == "terminated" else "said to be done, and is not"
