"""
Sixty wrong templates: a sound one with one text replaced.

The new text has the sign ⟦ before the place that is to be named; the sign is taken out before the template is read.
"""

from dataclasses import dataclass
from typing import ClassVar

SOUND = """\
apiVersion: reconciler.dev/v1alpha1
kind: Template
metadata: {name: division}
spec:
  version: 1.0.0
  parameters:
    type: object
    required: [division, countries, apns]
    properties:
      division: {type: string, pattern: "^[a-z][a-z0-9-]*$", minLength: 2, maxLength: 10}
      subnet: {type: string, default: 10.0.0.0/16}
      idleMinutes: {type: integer, default: 30, minimum: 1}
      note: {type: string, nullable: true, maxLength: 20}
      busy: {type: boolean, default: false}
      apns: {type: array, items: {type: string, maxLength: 12}}
      countries:
        type: array
        key: code
        items:
          type: object
          required: [code, operators]
          properties:
            code: {type: string, minLength: 3, maxLength: 3}
            operators: {type: array, items: {type: integer}}
  rules:
    - {expr: "size(params.countries) <= 40", message: too many countries}
  resources:
    - id: net
      template:
        kind: VSlice
        metadata: {name: "vs-${params.division}"}
        spec: {subnets: ["${params.subnet}"], displayName: "Network ${params.division}"}
    - id: target
      includeWhen: "${params.busy}"
      template:
        kind: RoutingTarget
        metadata: {name: "${params.division}-internet"}
        spec: {vslice: "${net.metadata.name}", redundancyZone: europe-primary, internet: {}}
    - id: policy
      template:
        kind: RoutingPolicy
        metadata: {name: "${params.division}-policy"}
        spec:
          vslice: ${net.metadata.name}
          displayName: "${params.note != null ? params.note : 'none'} policy"
          rules:
            - {name: drop-all, direction: uplink, action: drop}
    - id: groups
      forEach: {country: "${params.countries}"}
      template:
        kind: EndpointGroup
        metadata: {name: "${params.division}-${country.code.lowerAscii()}"}
        spec:
          displayName: "${params.division} ${country.code} ${string(size(country.operators))}"
          vslice: ${net.metadata.name}
          routingPolicy: ${policy.metadata.name}
          regionalPolicy: existing:europe
          sessionInactivity: {seconds: "${params.idleMinutes * 60}"}
    - id: further
      forEach: {apn: "${params.apns}"}
      template:
        kind: EndpointGroup
        metadata: {name: "${params.division}-${apn}"}
        spec:
          type: secondary
          vslice: ${net.metadata.name}
          apn: "${apn}.flex"
          routingPolicy: ${policy.metadata.name}
          regionalPolicy: existing:europe
"""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong template: the text that is replaced, the new one with its place, and words that the detail has."""

    name: str
    old: str
    new: str
    words: str

    base: ClassVar[str] = SOUND

    @property
    def text(self) -> str:
        """The template as it is read."""
        return self.marked.replace("⟦", "")

    @property
    def marked(self) -> str:
        """The template with the sign before the place."""
        assert self.base.count(self.old) == 1, (self.name, self.base.count(self.old))
        return self.base.replace(self.old, self.new)

    @property
    def place(self) -> tuple[int, int]:
        """The line and column that are to be named."""
        before = self.marked.partition("⟦")[0]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


SECONDS = '{seconds: "${params.idleMinutes * 60}"}'
LABEL = '"Network ${params.division}"'
NET = SOUND[SOUND.index("    - id: net") : SOUND.index("    - id: target")]
TWINS = """\
    - id: twin
      template:
        kind: VSlice
        metadata: {name: twin-net}
        spec: {subnets: [10.1.0.0/16]}
    - id: second
      template:
        kind: VSlice
        metadata: {name: ⟦twin-net}
        spec: {subnets: [10.2.0.0/16]}
    - id: target
"""
FED = "It feeds VSlice net: spec.displayName."
CASES = [
    # Wrong types.
    Wrong("text for a number", SECONDS, '{seconds: "${⟦params.division}"}', "sessionInactivity.seconds of EndpointGroup (groups): the field takes a whole number, and the value is text"),
    Wrong("mixed text for a number", SECONDS, '{seconds: "${⟦params.idleMinutes}0"}', "seconds of EndpointGroup (groups): the field takes a whole number, and the value is text"),
    Wrong("a number for text", LABEL, '"${⟦params.idleMinutes}"', "spec.displayName of VSlice (net): the field takes text, and the value is a whole number"),
    Wrong("a boolean for text", LABEL, '"${⟦params.busy}"', "the field takes text, and the value is true or false"),
    Wrong("text for a list", '["${params.subnet}"]', '"${⟦params.subnet}"', "spec.subnets of VSlice (net): the field takes a list, and the value is text"),
    Wrong("a list of numbers for a list of text", '["${params.subnet}"]', '"${⟦params.countries.map(c, size(c.operators))}"', "an item does not fit: the field takes text, and the value is a whole number"),
    Wrong("a list for text", LABEL, '"${⟦params.apns}"', "the field takes text, and the value is a list of texts"),
    Wrong("an object for text", LABEL, '"${⟦params.countries[0]}"', "the field takes text, and the value is an object"),
    Wrong("text plus a number", LABEL, '"${params.division ⟦+ params.idleMinutes}"', '"+" does not take (string, int). ' + FED),
    Wrong("a comparison of text with a number", LABEL, "\"${params.division ⟦== 1 ? 'a' : 'b'}\"", '"==" does not take (string, int). ' + FED),
    Wrong("branches of two types", LABEL, "\"${params.busy ⟦? 'a' : 1}\"", '"?:" does not take (bool, string, int). ' + FED),
    Wrong("a condition that is text", LABEL, "\"${params.division ⟦? 'a' : 'b'}\"", '"?:" does not take (string, string, string). ' + FED),
    Wrong("a list within text", LABEL, '"Network ${⟦params.apns}"', "a text takes no value that is a list of texts"),
    Wrong("a list of mixed types", LABEL, "\"${⟦[1, 'a']}\"", "has no one type"),
    Wrong("a number as a name", 'name: "vs-${params.division}"', 'name: "${⟦params.idleMinutes}"', "metadata holds text, and this is a whole number"),
    Wrong("an untyped value", LABEL, '"${⟦dyn(params.division)}"', 'The function "dyn" is not available here. ' + FED),
    Wrong("a number with a fraction", LABEL, '"${string(⟦1.5)}"', "Only texts, whole numbers"),
    # Null.
    Wrong("null arithmetic", LABEL, '"${⟦params.note + params.division}"', 'The value may be null, and "+" takes no null. ' + FED),
    Wrong("null in a text", LABEL, '"Network ${⟦params.note}"', "a text takes no null"),
    Wrong("null for a field that takes none", LABEL, '"${⟦params.note}"', "the field takes no null"),
    Wrong("the size of null", LABEL, '"${string(size(⟦params.note))}"', 'The value may be null, and "size" takes no null'),
    Wrong("a wrong guard against null", LABEL, "\"${params.note == null ? ⟦params.note + 'a' : 'b'}\"", 'The value may be null, and "+" takes no null'),
    # Names and fields.
    Wrong("an undefined name", LABEL, '"${⟦param.division}"', 'There is no variable or function "param". ' + FED),
    Wrong("an undefined function", LABEL, '"${params.division.⟦upper()}"', 'There is no variable or function "upper". ' + FED),
    Wrong("a field that does not exist", LABEL, '"${params.⟦divisio}"', 'params has no field "divisio". ' + FED),
    Wrong("a field of an item that does not exist", "${country.code.lowerAscii()}", "${country.⟦cod.lowerAscii()}", 'params.countries[] has no field "cod". It feeds EndpointGroup groups: metadata.name.'),
    Wrong("a resource that does not exist", "vslice: ${net.metadata.name}\n          displayName", "vslice: ${⟦nett.metadata.name}\n          displayName", 'There is no variable or function "nett". It feeds RoutingPolicy policy: spec.vslice.'),
    Wrong("a field that a resource does not state", LABEL, '"${policy.spec.⟦status}"', 'policy.spec has no field "status". ' + FED),
    Wrong("a resource as a whole", LABEL, '"${⟦policy}"', "the field takes text, and the value is an object"),
    Wrong("a variable of another resource", LABEL, '"${⟦country.code}"', 'There is no variable or function "country". ' + FED),
    Wrong("a shadowed variable in a loop", LABEL, '"${params.apns.map(⟦params, params)[0]}"', 'The loop variable "params" hides another variable of this name. ' + FED),
    Wrong("a shadowed variable in two loops", LABEL, '"${params.apns.map(a, params.apns.map(⟦a, a)[0])[0]}"', 'The loop variable "a" hides another variable of this name. ' + FED),
    Wrong("a loop variable that hides a resource", '{apn: "${params.apns}"}', '{⟦net: "${params.apns}", apn: "${params.apns}"}', 'The loop variable "net" hides another variable of this name.'),
    Wrong("two loops with different element types", LABEL, "\"${params.apns.all(x, x == '') && params.countries.all(y, y.code == '') && params.apns.all(z, z⟦.code == '') ? 'a' : 'b'}\"", "A value of type string has no fields."),
    Wrong("the same two loops in the other order", LABEL, "\"${params.countries.all(y, y ⟦== '') && params.apns.all(z, z == '') ? 'a' : 'b'}\"", '"==" does not take (params.countries[], string)'),
    # Misspelt keys, at every depth.
    Wrong("a misspelt field of a resource", "redundancyZone: europe-primary", "⟦redundancyZon: europe-primary", 'spec has no field "redundancyZon"'),
    Wrong("a misspelt nested field", SECONDS, '{⟦second: "${params.idleMinutes * 60}"}', 'spec.sessionInactivity has no field "second"'),
    Wrong("a misspelt key of an item", "direction: uplink, action: drop", "⟦directoin: uplink, action: drop", 'has no field "directoin"'),
    Wrong("a misspelt keyword of a resource", "includeWhen:", "⟦includeIf:", 'There is no field "includeIf" here.'),
    Wrong("a misspelt keyword of a parameter", "minimum: 1}", "⟦minimun: 1}", 'A parameter of type integer has no keyword "minimun".'),
    Wrong("a misspelt keyword deep in the parameters", "code: {type: string, minLength: 3,", "code: {type: string, ⟦minLen: 3,", 'A parameter of type string has no keyword "minLen".'),
    Wrong("a misspelt keyword of a rule", "message: too many countries", "⟦mesage: too many countries, message: x", 'There is no field "mesage" here.'),
    Wrong("a misspelt member of the spec", "  version: 1.0.0\n", "  version: 1.0.0\n  ⟦default: {}\n", 'There is no field "default" here.'),
    Wrong("a wrong literal", "direction: uplink", "direction: ⟦up", "must be one of uplink, downlink"),
    Wrong("an unknown type of a parameter", "busy: {type: boolean", "busy: {type: ⟦bool", 'There is no type "bool" here.'),
    Wrong("a parameter that may be absent", "busy: {type: boolean, default: false}", "⟦busy: {type: boolean}", "is neither required, nor has it a default, nor is it nullable"),
    Wrong("a default that does not fit", "default: 30, minimum: 1", "default: ⟦thirty, minimum: 1", "must be a whole number"),
    Wrong("an unused parameter", "      busy:", "      ⟦lazy: {type: boolean, default: false}\n      busy:", 'No expression uses the parameter "lazy".'),
    # Names of objects.
    Wrong("a clash of names", 'name: "${params.division}-${apn}"', 'name: "${⟦params.division}-apn"', 'The name does not depend on the loop variable "apn"'),
    Wrong("a name that is always too long", 'name: "vs-${params.division}"', 'name: "a-network-of-the-whole-division-${⟦params.division}"', "names have 5 to 30"),
    Wrong("a literal name that is too short", 'name: "vs-${params.division}"', "name: ⟦net1", 'The name "net1" is no moniker'),
    Wrong("two resources of one name", "    - id: target\n", TWINS, "VSlice/twin-net is made by twin as well."),
    # Loops and cycles.
    Wrong("a loop over no array", '{apn: "${params.apns}"}', '{apn: "${⟦params.division}"}', "A loop runs over a list, and this is text"),
    Wrong("a loop that is no expression", '{apn: "${params.apns}"}', "{apn: ⟦apns}", "is exactly one expression"),
    Wrong("a cycle", NET, NET.replace("- id: net", "- id: ⟦net").replace(LABEL, '"${policy.spec.displayName}"'), "Resources refer to each other in a circle: net → policy → net."),
    Wrong("a resource that refers to itself", LABEL, '"${⟦net.metadata.name}"', 'There is no variable or function "net". ' + FED),
    Wrong("a condition that is no boolean", '"${params.busy}"', '"${⟦params.division}"', "includeWhen is true or false, and this is text"),
    # The text of expressions.
    Wrong("an invalid regular expression", LABEL, "\"${params.division.matches(⟦'[') ? 'a' : 'b'}\"", "The pattern is no regular expression"),
    Wrong("an invalid pattern of a parameter", '"^[a-z][a-z0-9-]*$"', '⟦"^[a-z"', "The pattern is no regular expression"),
    Wrong("an expression that is not closed", LABEL, '"Network ⟦${params.division"', "The expression is not closed"),
    Wrong("a quote that is not closed", LABEL, "\"Network ⟦${'params.division}\"", "The expression is not closed"),
    Wrong("braces and quotes inside", LABEL, "\"${'}' + '{\\\"' + ⟦foo}\"", 'There is no variable or function "foo". ' + FED),
    Wrong("an empty expression", LABEL, '"Network ${⟦}"', "The expression is empty."),
    Wrong("a folded scalar", LABEL + "}", "displayed}".replace("displayed", '"${ params.division +\n              ⟦undefined1 }"'), 'There is no variable or function "undefined1". ' + FED),
    Wrong("a single-quoted scalar with escapes", LABEL, "'it''s ${params.division + ''x'' + ⟦undefined1}'", 'There is no variable or function "undefined1". ' + FED),
    Wrong("a double-quoted scalar with escapes", LABEL, '"\\u00e9\\t ${\\"x\\" + ⟦undefined1}"', 'There is no variable or function "undefined1". ' + FED),
    Wrong("text that is not ASCII", LABEL, "\"Größe 🎉 ${'ü🎉' + ⟦undefined1}\"", 'There is no variable or function "undefined1". ' + FED),
    Wrong("an expression in a key", 'metadata: {name: "vs-${params.division}"}', 'metadata: {name: "vs-${params.division}", labels: {⟦"${params.division}": x}}', "A name holds no expression."),
    # Values of another sort where a word is expected.
    Wrong("a mapping among the required names", "required: [division, countries, apns]", "required: [division, countries, apns, ⟦{a: b}]", "is required and not declared"),
    Wrong("a list as the key of a list", "key: code", "key: ⟦[code]", "is no field of the items"),
    Wrong("a key that is a list itself", "key: code", "key: ⟦operators", "is no field of the items"),
    Wrong("a list as the kind", "kind: VSlice", "kind: ⟦[VSlice]", "There is no kind"),
    Wrong("a mapping as the type", "busy: {type: boolean", "busy: {type: ⟦{a: b}", "There is no type"),
    Wrong("a list as an id", "- id: further", "- id: ⟦[further]", "The id"),
    # Structure.
    Wrong("a template that makes a template", "kind: VSlice", "kind: ⟦Template", "Templates do not make templates."),
    Wrong("a kind that does not exist", "kind: VSlice", "kind: ⟦VSlic", 'There is no kind "VSlic".'),
    Wrong("a rule that is no boolean", '"size(params.countries) <= 40"', '"⟦size(params.countries)"', "A rule is true or false, and this is a whole number"),
    Wrong("an id that is used twice", "- id: further", "- id: ⟦groups", "The id groups is used twice."),
    Wrong("loops that are nested too deep", LABEL, '"${⟦params.apns.map(a, a + a).map(b, b + b).map(c, c + c).map(d, d)[0]}"', "Loops are nested or chained 4 deep"),
    Wrong("a size beyond the bound", LABEL, '"${⟦params.apns.map(a, params.apns.map(b, params.apns.map(c, a + b + c).join(b)).join(a)).join(params.subnet)}"', "steps, and at most 1,000,000"),
]  # fmt: skip
