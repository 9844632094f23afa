"""
The protocol of applying, small enough to try every order of events.

Two or three appliers with one plan, kills, a lock that is taken over from a holder that only sleeps, requests that
arrive at any later time and in any order, and a human at the portal. The platform's state and a request's effect
differ by verb (`verbs.py`); the steps of an applier, as `reconciler.apply` takes them, are here. Each rule of
the protocol is a switch: one that harms nowhere when it is off would not be worth having.

Length: one explorer; its steps are read side by side with each other.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

OVER = frozenset({"done", "conflict", "fenced", "unknown"})
_ACTIVE = frozenset({"intended", "sending", "waiting", "unclear", "refused", "answered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules that an applier keeps to. `pause_is_bounded` is no rule but what may be assumed of machines."""

    rereads: bool = True
    intends_first: bool = True
    keeps_intents: bool = True
    adopts_by_content: bool = True
    drains: bool = True
    fences: bool = True
    fences_recovery: bool = True
    asks_before_sending_again: bool = True
    confirms_by_reading: bool = True
    deletes_by_id: bool = True
    sends_what_is_missing: bool = True
    asks_own_intents: bool = True
    pause_is_bounded: bool = True


class Sent(NamedTuple):
    """A request under way: who sent it, under which epoch, its number, and what it asks for."""

    by: int
    epoch: int
    number: int
    what: Hashable


class Applier(NamedTuple):
    """The state of an applier: its step, its epoch, how much it sent, how often it tried again, what it is to send."""

    step: str = "idle"
    epoch: int = 0
    number: int = 0
    again: int = 0
    what: Hashable = None


class Moment(NamedTuple):
    """Everything at one moment. `journal` is what is written of the action, `holder` who took the lock last."""

    world: Any
    net: tuple[Sent, ...]
    epoch: int
    holder: int
    journal: str
    is_owned: bool
    appliers: tuple[Applier, ...]
    kills: int
    humans: int
    doubles: int = 0


class Reading(NamedTuple):
    """The outcome of a read: ``go``, ``done`` or ``conflict``, and what there is to send."""

    verdict: str
    what: Hashable = None


class Verb(ABC):
    """The meaning of one kind of change. About what a verb does not say, there is nothing to say."""

    start: Any
    doubles: int = 0
    """How often something on the way delivers a request twice, and passes on the second answer only."""

    @abstractmethod
    def read(self, moment: Moment, applier: Applier, rules: Rules, by: int) -> Reading:
        """The platform's view for an applier that is about to act, or wants to know what came of a request."""

    @abstractmethod
    def deliver(self, moment: Moment, sent: Sent) -> Iterator[tuple[Any, bool, str | None]]:
        """Each way in which the platform may take a request: the world then, whether it accepted, what broke."""

    def disturb(self, _moment: Moment) -> Iterator[Any]:
        """The changes that a human may make."""
        return iter(())

    def sending(self, _moment: Moment) -> str | None:
        """The rule that is broken by sending now."""
        return None

    def ended(self, _moment: Moment) -> str | None:
        """The rule that is broken when an applier says that it is done."""
        return None

    def disowned(self, _moment: Moment) -> str | None:
        """The rule that is broken when an applier says that the object is somebody else's."""
        return None

    def resting(self, _moment: Moment, _rules: Rules) -> str | None:
        """The rule that is broken when nothing moves any more."""
        return None


@dataclass(frozen=True)
class Explored:
    """How many moments there are, and for each broken promise the shortest story that leads to it."""

    moments: int
    broken: dict[str, str]


class Explorer:
    """All orders of events of one verb under some rules."""

    def __init__(self, verb: Verb, rules: Rules, *, appliers: int = 2, kills: int = 2) -> None:
        self._verb, self._rules = verb, rules
        procs = tuple(Applier() for _ in range(appliers))
        self._start = Moment(verb.start, (), 0, -1, "", False, procs, kills, 1, verb.doubles)
        self._most_epochs = appliers + 2
        self._broken: dict[str, tuple[Moment, str]] = {}

    def explore(self, *, enough: int | None = None) -> Explored:
        """Go through all of them, nearest first, or until so many promises are broken."""
        seen: dict[Moment, tuple[Moment, str] | None] = {self._start: None}
        todo = deque([self._start])
        while todo and (enough is None or len(self._broken) < enough):
            moment = todo.popleft()
            for following, label in self._next(moment):
                if following not in seen:
                    seen[following] = (moment, label)
                    todo.append(following)
        stories = {name: self._story(seen, moment, label) for name, (moment, label) in self._broken.items()}
        return Explored(len(seen), stories)

    @staticmethod
    def _story(seen: dict[Moment, tuple[Moment, str] | None], moment: Moment, last: str) -> str:
        labels = [last]
        while (before := seen[moment]) is not None:
            moment, label = before
            labels.append(label)
        return " > ".join(reversed(labels))

    def _note(self, moment: Moment, label: str, broken: str | None) -> None:
        if broken is not None:
            self._broken.setdefault(broken, (moment, label))

    def _next(self, moment: Moment) -> Iterator[tuple[Moment, str]]:
        if not moment.net and all(applier.step in OVER for applier in moment.appliers):
            self._note(moment, "rest", self._verb.resting(moment, self._rules))
        if moment.humans:
            for world in self._verb.disturb(moment):
                yield moment._replace(world=world, humans=0), "a human intervenes"
        yield from self._deliveries(moment)
        for by, applier in enumerate(moment.appliers):
            for following, label in self._steps(moment, by, applier):
                yield following, f"{by + 1}: {label}"
            if moment.kills and applier.step != "idle" and applier.step not in OVER:
                dead = self._with(moment, by, Applier())
                yield dead._replace(kills=moment.kills - 1), f"{by + 1}: KILLED when {applier.step}"

    def _deliveries(self, moment: Moment) -> Iterator[tuple[Moment, str]]:
        for sent in set(moment.net):
            rest = list(moment.net)
            rest.remove(sent)
            for world, accepted, broken in self._verb.deliver(moment, sent):
                label = f"the platform {'takes' if accepted else 'refuses'} {sent.by + 1}/{sent.epoch}"
                self._note(moment, label, broken)
                applier = moment.appliers[sent.by]
                following = moment._replace(world=world, net=tuple(rest))
                if (applier.step, applier.epoch, applier.number) == ("waiting", sent.epoch, sent.number):
                    step = "answered" if accepted else "refused" if self._verb.doubles else "unclear"
                    following = self._with(following, sent.by, applier._replace(step=step))
                yield following, label
                if moment.doubles:
                    twice = moment._replace(world=world, doubles=moment.doubles - 1)
                    yield twice, f"{label}, which is delivered once more"

    @staticmethod
    def _with(moment: Moment, by: int, applier: Applier) -> Moment:
        appliers = list(moment.appliers)
        appliers[by] = applier
        return moment._replace(appliers=tuple(appliers))

    def _steps(self, moment: Moment, by: int, applier: Applier) -> Iterator[tuple[Moment, str]]:
        rules, step = self._rules, applier.step
        is_old = rules.fences and moment.epoch != applier.epoch

        def to(following: str, **more: Any) -> Moment:
            return self._with(moment, by, applier._replace(step=following, **more))

        match step:
            case "idle":
                yield from self._takes_lock(moment, by)
            case "recovering":
                yield from self._recovers(moment, by, applier)
            case "reading":
                yield from self._reads(moment, by, applier)
            case "ready" if is_old:
                yield to("fenced"), "is fenced at the intent"
            case "ready":
                journal = "pending" if rules.intends_first else moment.journal
                yield to("intended")._replace(journal=journal), "intends"
            case "intended":
                yield to("fenced" if is_old else "sending"), "looks at the lease"
            case "sending":
                label = "sends"
                self._note(moment, label, self._verb.sending(moment))
                sent = Sent(by, applier.epoch, applier.number + 1, applier.what)
                net = tuple(sorted((*moment.net, sent)))
                yield to("waiting", number=applier.number + 1)._replace(net=net), label
            case "waiting":
                yield to("unclear"), "hears nothing"
            case "refused":
                yield self._hears_a_refusal(moment, by, applier)
            case "unclear" | "answered":
                yield from self._settles(moment, by, applier)

    def _hears_a_refusal(self, moment: Moment, by: int, applier: Applier) -> tuple[Moment, str]:
        """The name is taken: perhaps by what the same request made when it was delivered before."""
        if self._rules.asks_own_intents:
            return self._with(moment, by, applier._replace(step="unclear")), "is refused, and asks its own intents"
        label = "takes the refusal for an answer"
        self._note(moment, label, self._verb.disowned(moment))
        return self._with(moment, by, applier._replace(step="conflict"))._replace(journal="void"), label

    def _takes_lock(self, moment: Moment, by: int) -> Iterator[tuple[Moment, str]]:
        sends = moment.holder >= 0 and moment.appliers[moment.holder].step == "sending"
        is_awake = self._rules.pause_is_bounded and sends and moment.holder != by
        if moment.epoch < self._most_epochs and not is_awake:
            taken = self._with(moment, by, Applier("recovering", moment.epoch + 1))
            yield taken._replace(epoch=moment.epoch + 1, holder=by), f"takes the lock, epoch {moment.epoch + 1}"

    def _recovers(self, moment: Moment, by: int, applier: Applier) -> Iterator[tuple[Moment, str]]:
        rules = self._rules
        if rules.fences_recovery and rules.fences and moment.epoch != applier.epoch:
            yield self._with(moment, by, applier._replace(step="fenced")), "is fenced in recovery"
        elif moment.journal != "pending":
            yield self._with(moment, by, applier._replace(step="reading")), "has nothing to recover"
        elif not (rules.drains and moment.net):
            found = self._verb.read(moment, applier, rules, by)
            following = self._with(moment, by, applier._replace(step="reading"))
            if found.verdict == "done":
                yield following._replace(journal="done", is_owned=True), "recovers: it was executed"
            else:
                journal = "void" if rules.keeps_intents else ""
                yield following._replace(journal=journal), "recovers: it was not executed"

    def _reads(self, moment: Moment, by: int, applier: Applier) -> Iterator[tuple[Moment, str]]:
        found = self._verb.read(moment, applier, self._rules, by)
        if found.verdict == "go" or not self._rules.rereads:
            what = found.what if found.verdict == "go" else self._verb.read(
                moment._replace(world=self._verb.start), applier, self._rules, by
            ).what  # fmt: skip
            yield self._with(moment, by, applier._replace(step="ready", what=what)), "reads: go"
        elif found.verdict == "done":
            is_old = self._rules.fences and moment.epoch != applier.epoch
            yield from self._ends(moment, by, applier, is_old=is_old, label="reads: done already")
        else:
            yield self._with(moment, by, applier._replace(step="conflict")), "reads: changed by somebody"

    def _settles(self, moment: Moment, by: int, applier: Applier) -> Iterator[tuple[Moment, str]]:
        rules = self._rules
        is_old = rules.fences and moment.epoch != applier.epoch
        if applier.step == "unclear" and not rules.asks_before_sending_again:
            if applier.again < 1:
                blind = applier._replace(step="intended", again=applier.again + 1)
                yield self._with(moment, by, blind), "sends again without looking"
            return
        if applier.step == "unclear" and not rules.confirms_by_reading:
            yield from self._ends(moment, by, applier, is_old=is_old, label="takes silence for success")
            return
        if applier.step == "unclear" and rules.drains and moment.net:
            return
        found = self._verb.read(moment, applier, rules, by)
        if applier.step == "answered" and not rules.confirms_by_reading:
            found = Reading("done")
        if found.verdict == "done":
            yield from self._ends(moment, by, applier, is_old=is_old, label="reads back: done")
        elif found.verdict == "conflict":
            journal = moment.journal if is_old else "void" if rules.keeps_intents else ""
            yield self._with(moment, by, applier._replace(step="conflict"))._replace(journal=journal), "reads: changed"
        elif applier.again < 1:
            again = applier._replace(step="ready", again=applier.again + 1, what=found.what)
            yield self._with(moment, by, again), "reads back: not yet, tries again"
        else:
            yield self._with(moment, by, applier._replace(step="unknown")), "gives up"

    def _ends(
        self, moment: Moment, by: int, applier: Applier, *, is_old: bool, label: str
    ) -> Iterator[tuple[Moment, str]]:
        if is_old:
            # A decision of an old epoch is refused; that the platform answered is a fact, and taken from anybody.
            owned = moment.is_owned or (self._rules.keeps_intents and applier.step == "answered")
            fenced = self._with(moment, by, applier._replace(step="fenced"))
            yield fenced._replace(is_owned=owned), "is fenced at the end"
            return
        self._note(moment, label, self._verb.ended(moment))
        ended = self._with(moment, by, applier._replace(step="done"))
        yield ended._replace(journal="done", is_owned=True, holder=-1 if moment.holder == by else moment.holder), label


def is_busy(moment: Moment) -> bool:
    """Whether any applier is between its read and its last decision: there a human may be overtaken."""
    return any(applier.step in _ACTIVE or applier.step == "ready" for applier in moment.appliers)


def without(*rules: str, **others: Any) -> Rules:
    """All rules but these."""
    return Rules(**{**others, **dict.fromkeys(rules, False)})
