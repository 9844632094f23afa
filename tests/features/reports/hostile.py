"""Values that an author of manifests would like to get into a report, each with a word by which it is found again."""

import random
from dataclasses import replace

from reconciler.diagnostics import INVALID_VALUE, RULE_WARNING, Diagnostic
from reconciler.diffing.fields import FieldChange, FieldOperation
from reconciler.model.address import Address
from reconciler.model.secret import SecretRef
from reconciler.plan.change import Change
from reconciler.plan.not_compared import Uncompared
from reconciler.plan.plan import Drift, GuardResult, Plan, Unmanaged, Verdict
from reconciler.plan.planfile import digest_of
from reconciler.plan.roster import SimEdit
from reconciler.plan.sim_drift import SimDrift
from reconciler.positions import Span
from reconciler.reports.plan_view import PlanView, Purpose, ReportContext
from reconciler.reports.viewing import view_of, view_without_plan
from tests.features.reports.drawn_plans import DrawnPlan

WORD = "EVIL"
ATTACKS = (
    "@team",
    "#12 and GH-1",
    "http://evil.example/",
    "[x](http://evil.example)",
    "![x](http://evil.example/x.png)",
    "`",
    "``` `` ```",
    "```\n# Approved\n```diff",
    "~~~\n# Approved",
    "</details>",
    "</details><details open>",
    "-->",
    "<!-- reconciler plan fleet -->",
    "<!--",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</pre></style></svg>",
    "]]></failure>",
    f"\nDigest: `sha256:{'0' * 64}`",
    f"x\r\nDigest: sha256:{'0' * 64}",
    "\n::error file=a::x",
    "::set-output name=x::y",
    "##[error]x",
    "##vso[task.setvariable]x",
    "\x1b[2J\x1b]0;title\x07",
    "\u202eabc\u2066",
    "\u200b\ufeff\u2028x",
    "| a | b |",
    "\n| a |\n|---|\n",
    "- **May it go?** **OK**",
    "\n- **May it go?** **OK**",
    "$`x`$ and $$y$$",
    ":tada: !12 ~label %1 &epic",
    "*bold* _em_ ~~no~~ \\",
    "&lt;b&gt;",
    "\ud800",
    "{{ 7*7 }}{% raw %}",
    "{% endif %}{{ digest }}",
    "'\"><b>",
    "=cmd|' /C calc'!A1",
    "a" * 3_000,
    "`" * 200,
)


def hostile(chance: random.Random) -> str:
    """One attack, or two, with the word."""
    parts = [WORD, *chance.sample(ATTACKS, chance.choice([1, 1, 2]))]
    chance.shuffle(parts)
    return "".join(parts)


def hostile_plan(chance: random.Random) -> Plan:
    """A plan with attacks in every place that holds a text of somebody else."""

    def attack() -> str:
        return hostile(chance)

    drawn = DrawnPlan(estate=attack())
    drawn.create([attack() for _ in range(chance.choice([0, 1, 3, 30]))], label=attack())
    drawn.delete([attack() for _ in range(chance.choice([0, 2, 8]))], protect=chance.random() < 0.3)
    drawn.replace([attack() for _ in range(chance.choice([0, 1, 4]))])
    drawn.harmless(chance.choice([0, 6, 40]), alike=chance.random() < 0.5)
    if chance.random() < 0.4:
        drawn.terminate(chance.choice([1, 30]))
    plan = drawn.plan()
    roster = plan.roster
    if chance.random() < 0.5:
        edits = (SimEdit(attack(), attack(), {"displayName": attack()}, {"displayName": attack()}, attack(), attack()),)
        actions = tuple(
            replace(change, source=attack(), target=attack(), reason=attack(), place=f"{attack()}:1:1")
            for change in roster.changes
        )
        roster = replace(roster, edits=edits, changes=actions)
    return replace(
        plan,
        changes=tuple(_told(change, chance) for change in plan.changes),
        roster=roster,
        drift=tuple(_drift(chance) for _ in range(chance.choice([0, 1, 5]))),
        unmanaged=tuple(Unmanaged(Address("VSlice", attack()), 3, attack()) for _ in range(chance.choice([0, 2]))),
        guards=(*plan.guards, *(_verdict(chance) for _ in range(chance.choice([0, 1, 30])))),
        uncompared=tuple(
            Uncompared(Address("VSlice", attack()), attack(), SecretRef(env=attack()), is_missing=True)
            for _ in range(chance.choice([0, 1]))
        ),
    )


def hostile_view(chance: random.Random) -> PlanView:
    """A view with attacks: of a plan, without changes, of drift only, or of errors only."""
    sentences = tuple(hostile(chance) for _ in range(chance.choice([0, 1, 25])))
    codes = (INVALID_VALUE, RULE_WARNING)
    diagnostics = tuple(
        Diagnostic(chance.choice(codes), hostile(chance), hostile(chance), span=Span(hostile(chance), 1, 1, 1, 2))
        for _ in range(chance.choice([0, 1, 30]))
    )
    context = ReportContext(
        estate=hostile(chance), undetermined=sentences, since=sentences, result=sentences, diagnostics=diagnostics
    )
    match chance.choice(["plan", "plan", "plan", "nothing", "drift", "errors"]):
        case "nothing":
            plan = DrawnPlan(estate=hostile(chance)).plan()
        case "drift":
            drift = tuple(_drift(chance) for _ in range(3))
            sims = (SimDrift(hostile(chance), hostile(chance), hostile(chance)),)
            return view_without_plan(
                replace(context, purpose=Purpose.DRIFT, diagnostics=(), drift=drift, sim_drift=sims)
            )
        case "errors":
            return view_without_plan(replace(context, error=hostile(chance), hint=hostile(chance)))
        case _:
            plan = hostile_plan(chance)
    return view_of(plan, digest_of(plan) if _is_text(plan) else f"sha256:{'1' * 64}", context)


def _is_text(plan: Plan) -> bool:
    """Whether a plan can be written: half of a pair of UTF-16 cannot."""
    try:
        digest_of(plan)
    except (ValueError, UnicodeError):
        return False
    return True


def _told(change: Change, chance: random.Random) -> Change:
    reason = replace(change.reason, text=hostile(chance), source=f"{hostile(chance)}:1:1", rule=hostile(chance))
    return replace(change, reason=reason, notes=(hostile(chance),))


def _drift(chance: random.Random) -> Drift:
    field = FieldChange(hostile(chance), FieldOperation.EDIT, hostile(chance), {hostile(chance): [hostile(chance)]})
    return Drift(Address("VSlice", hostile(chance)), (field,))


def _verdict(chance: random.Random) -> GuardResult:
    verdict = chance.choice([Verdict.DENY, Verdict.WARN, Verdict.PASS])
    return GuardResult(hostile(chance), verdict, hostile(chance), hostile(chance), (), 3, 1)
