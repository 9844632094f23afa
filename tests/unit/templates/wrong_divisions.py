"""
Wrong divisions of the sound template: a sound one with one text replaced.

The new text has the sign ⟦ before the place that is to be named; the sign is taken out before the division is read.
"""

from tests.unit.templates.wrong_templates import Wrong

SOUND_DIVISION = """\
apiVersion: reconciler.dev/v1alpha1
kind: Division
metadata: {name: fleet}
spec:
  template: {name: division, version: 1.0.0}
  parameters:
    division: fleet
    apns: [m2m]
    idleMinutes: 15
    note: hello
    countries:
      - {code: GBR, operators: [1, 2]}
      - {code: DEU, operators: []}
  environments:
    prod: {busy: true}
  patches:
    - target: {kind: EndpointGroup, name: fleet-gbr}
      set: {spec.sessionInactivity.seconds: 600}
    - target: {kind: RoutingPolicy, name: fleet-policy}
      set: {"spec.rules[drop-all].enabled": false}
"""


PARAMETERS = SOUND_DIVISION[SOUND_DIVISION.index("    division: fleet") : SOUND_DIVISION.index("  environments")]
COUNTRIES = "".join(f"      - {{code: A{number}, operators: []}}\n" for number in range(10, 50))


class WrongDivision(Wrong):
    """One wrong division."""

    __slots__ = ()
    base = SOUND_DIVISION


DIVISIONS = [
    # The template.
    WrongDivision("a template that does not exist", "{name: division, version", "{name: ⟦divisoin, version", "There is no template"),
    WrongDivision("a version that does not exist", "version: 1.0.0", "version: ⟦1.0.1", "There is no version"),
    WrongDivision("no version", "{name: division, version: 1.0.0}", "⟦{name: division}", "A template is named with its version."),
    WrongDivision("a misspelt member of the reference", "version: 1.0.0}", "version: 1.0.0, ⟦form: x}", 'There is no field "form" here.'),
    WrongDivision("a template from elsewhere", "version: 1.0.0}", "version: 1.0.0, ⟦from: git}", "A division names a template of its own estate"),
    WrongDivision("a misspelt member of the spec", "  patches:", "  ⟦patch: []\n  patches:", 'There is no field "patch" here.'),
    WrongDivision("an unsupported version of the format", "reconciler.dev/v1alpha1", "⟦reconciler.dev/v2", "apiVersion must be"),
    # Parameters.
    WrongDivision("a missing parameter", "    division: fleet\n    apns", "    ⟦apns", "lacks the parameter"),
    WrongDivision("a misspelt parameter", "idleMinutes: 15", "⟦idleMinute: 15", 'has no parameter "idleMinute"'),
    WrongDivision("a misspelt nested key", "{code: DEU, operators: []}", "{code: DEU, operators: [], ⟦oprators: []}", 'has no parameter "oprators"'),
    WrongDivision("text for a number", "idleMinutes: 15", "idleMinutes: ⟦often", "must be a whole number"),
    WrongDivision("a quoted number", "idleMinutes: 15", 'idleMinutes: ⟦"15"', "must be a whole number"),
    WrongDivision("a number below the minimum", "idleMinutes: 15", "idleMinutes: ⟦0", "must be from 1 to"),
    WrongDivision("a list for text", "division: fleet", "division: ⟦[fleet]", "must be text"),
    WrongDivision("text for a list", "apns: [m2m]", "apns: ⟦m2m", "must be a list"),
    WrongDivision("text for an object", "- {code: DEU, operators: []}", "- ⟦DEU", "must be a mapping"),
    WrongDivision("text for a boolean", "prod: {busy: true}", "prod: {busy: ⟦yes}", "must be true or false"),
    WrongDivision("a text that is too long", "division: fleet", "division: ⟦fleet-of-the-north", "must have 2 to 10 characters"),
    WrongDivision("a text that does not match", "division: fleet", "division: ⟦Fleet", "must match ^[a-z][a-z0-9-]*$"),
    WrongDivision("null for a parameter that takes none", "{code: DEU, operators: []}", "{code: ⟦null, operators: []}", "must not be null"),
    WrongDivision("the same key twice", "code: DEU", "code: ⟦GBR", "two items whose code is"),
    WrongDivision("a broken rule of the template", PARAMETERS, "    ⟦" + PARAMETERS.strip(" ") + COUNTRIES, "too many countries"),
    WrongDivision("an environment with a wrong value", "prod: {busy: true}", "prod: {idleMinutes: ⟦-1}", "must be from 1 to"),
    WrongDivision("an environment with a misspelt name", "prod: {busy: true}", "prod: {⟦bsy: true}", 'has no parameter "bsy"'),
    # Patches.
    WrongDivision("a patch of an object that is not made", "{kind: EndpointGroup, name: fleet-gbr}", "⟦{kind: EndpointGroup, name: fleet-fra}", "the division makes no EndpointGroup/fleet-fra"),
    WrongDivision("a patch of a kind that is not made", "{kind: RoutingPolicy, name: fleet-policy}", "⟦{kind: EventMap, name: fleet-policy}", "the division makes no EventMap/fleet-policy"),
    WrongDivision("a patch of a field that does not exist", "spec.sessionInactivity.seconds: 600", "⟦spec.sessionInactivity.second: 600", "The patch hits nothing"),
    WrongDivision("a patch of an item that does not exist", '"spec.rules[drop-all].enabled"', '⟦"spec.rules[dropall].enabled"', "no item is [dropall]"),
    WrongDivision("a patch by an index", '"spec.rules[drop-all].enabled"', '⟦"spec.rules[0].enabled"', "no item is [0]"),
    WrongDivision("a patch of an unknown field of an item", '"spec.rules[drop-all].enabled"', '⟦"spec.rules[drop-all].enable"', "The patch hits nothing"),
    WrongDivision("a patch into a text", "spec.sessionInactivity.seconds: 600", "⟦spec.vslice.name: x", "The patch hits nothing"),
    WrongDivision("a patch of the name", "spec.sessionInactivity.seconds: 600", "⟦metadata.name: other", "The patch hits nothing"),
    WrongDivision("a path that is none", "spec.sessionInactivity.seconds: 600", '⟦"spec..x": 1', "is no path to a field"),
    WrongDivision("a patch with a wrong value", "seconds: 600}", "seconds: ⟦soon}", "must be a whole number"),
    WrongDivision("a patch without fields", "set: {spec.sessionInactivity.seconds: 600}", "set: ⟦{}", "set is a mapping of fields to values."),
    WrongDivision("a misspelt member of a patch", "      set: {spec.sess", "      ⟦sets: {}\n      set: {spec.sess", 'There is no field "sets" here.'),
]  # fmt: skip
