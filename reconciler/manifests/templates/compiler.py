"""
A document of kind Template → a sound template, with everything that is wrong with it in one run.

All is decided here, before any division exists: the parameters, each expression with its type and its bound, the field
that it feeds, and what is written out. Expressions are compiled twice where resources refer to each other: first to
find out who refers to whom, then in that order, with the sizes that the referred fields really have.

Length: the steps of one reading, which share what they have found so far.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from reconciler.diagnostics import INVALID_TEMPLATE, Report, nearest
from reconciler.expressions.bounds import MOST_LOOPS, MOST_STEPS
from reconciler.expressions.library import Expression, Vocabulary
from reconciler.expressions.structs import Structs
from reconciler.expressions.types import Sort, ValueType, list_of, struct, text
from reconciler.manifests.problems import shown_value
from reconciler.manifests.templates.expression_reader import ExpressionReader, type_of
from reconciler.manifests.templates.findings import Findings
from reconciler.manifests.templates.fitting import misfit, referable, sized
from reconciler.manifests.templates.lexer import has_holes
from reconciler.manifests.templates.literals import check_literals
from reconciler.manifests.templates.nodes import LiteralNode, MappingNode, Node, TextNode, walked
from reconciler.manifests.templates.outline import (
    Outline,
    outline_of,
    read_header,
    rules_of,
)
from reconciler.manifests.templates.parameter import Parameter
from reconciler.manifests.templates.parameters import read_parameters
from reconciler.manifests.templates.template import Loop, Template, TemplateResource, TemplateRule
from reconciler.manifests.templates.values import checked
from reconciler.manifests.yaml_reader import Document
from reconciler.model.scalars import LONGEST_MONIKER, SHORTEST_MONIKER, is_moniker
from reconciler.model.shape import Shape
from reconciler.positions import Path, path_text

_SPEC = ("version", "parameters", "defaults", "rules", "resources")
_LONGEST_VERSION = 40
_NAME: Path = ("metadata", "name")


def compile_template(document: Document, report: Report) -> Template | None:
    """The template that a document holds, None with every mistake in it reported."""
    findings = Findings(document, f"Template/{_shown_name(document)}", INVALID_TEMPLATE, report)
    return _Compiler(document, findings).template()


def _shown_name(document: Document) -> str:
    data = document.data
    metadata = data.get("metadata") if isinstance(data, Mapping) else None
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return str(name)[:80] if isinstance(name, str) else "?"


@dataclass(slots=True)
class _Compiler:
    document: Document
    findings: Findings
    types: dict[str, ValueType] = field(default_factory=dict)
    reads: set[tuple[str, ...]] = field(default_factory=set)
    steps: dict[str, int] = field(default_factory=dict)
    structs: Structs = field(default_factory=lambda: Structs({}))

    def template(self) -> Template | None:
        header = read_header(self.document, _SPEC, self.findings)
        if header is None:
            return None
        name, spec = header
        version = spec.get("version")
        if not isinstance(version, str) or not version.strip() or len(version) > _LONGEST_VERSION or "@" in version:
            detail = f"version must be a short text, but it is {shown_value(version)}."
            self.findings.add(("spec", "version"), detail, "Write version: 1.0.0.")
        parameters = read_parameters(spec.get("parameters"), ("spec", "parameters"), self.findings)
        outlines = outline_of(spec.get("resources"), self.findings)
        if parameters is None:
            # Without their types nothing can be said of expressions; literal parts are checked all the same.
            for one in outlines:
                check_literals(one, self.findings)
            return None
        self.types = {one.id: self._resource_type(one) for one in outlines}
        self.structs = Structs({"params": parameters.type, **self.types})
        vocabulary = Vocabulary({"params": parameters.type}, self.structs)
        rules = self._rules(spec.get("rules"), vocabulary)
        resources = [self._resource(one, parameters) for one in outlines]
        order = self._order([one for one in resources if one is not None], outlines)
        if order is None or self.findings.failed() or any(one is None for one in resources):
            self._unused(parameters)
            return None
        sound = {one.id: one for one in resources if one is not None}
        by_id = {one.id: one for one in outlines}
        for name_of_one in order:
            if sound[name_of_one].needs:
                again = self._resource(by_id[name_of_one], parameters)
                if again is None:
                    return None
                sound[name_of_one] = again
            self.types[name_of_one] = self._exact(sound[name_of_one])
        self._check_steps(outlines, sound)
        self._unused(parameters)
        defaults: Any = spec.get("defaults") or {}
        if not isinstance(defaults, Mapping):
            self.findings.add(("spec", "defaults"), "defaults must be a mapping.", "Write name: value lines below it.")
        else:
            self._check_defaults(defaults, parameters)
        if self.findings.failed():
            return None
        referred = {need for one in sound.values() for need in one.needs}
        found = tuple(replace(sound[one.id], is_referred=one.id in referred) for one in outlines)
        return Template(
            name, str(version), self.document, parameters, defaults, tuple(rules), found, tuple(order), vocabulary,
            dict(self.types),
        )  # fmt: skip

    def _check_defaults(self, defaults: Mapping[str, Any], parameters: Parameter) -> None:
        for name, value in defaults.items():
            path = ("spec", "defaults", name)
            member = parameters.members.get(name)
            if member is None:
                guess = nearest(name, list(parameters.members))
                hint = f'Did you mean "{guess}"?' if guess else f"Parameters: {', '.join(parameters.members)}."
                self.findings.add(path, f'There is no parameter "{name}".', hint, at_key=True)
            else:
                checked(member, value, path, self.findings)

    def _resource_type(self, outline: Outline) -> ValueType:
        """The type of a resource for the others: the fields that it states, with sizes that are not known yet."""
        label = outline.id
        members = {"metadata": struct(f"{label}.metadata", {"name": text(0, LONGEST_MONIKER)})}
        spec = referable(f"{label}.spec", outline.kind.shape, outline.spec) if outline.kind else None
        if spec is not None:
            members["spec"] = spec
        found = struct(label, members)
        return list_of(found, 0, 0) if outline.loops else found

    def _exact(self, resource: TemplateResource) -> ValueType:
        """The type of a resource with the sizes that its expressions really have."""
        body = resource.body
        found = self.types[resource.id]
        one = found.item if found.sort is Sort.LIST and found.item else found
        exact = _exact_type(one, body)
        count = 1
        for loop in resource.loops:
            count *= loop.items.type.high
        return list_of(exact, 0, count) if resource.loops else exact

    def _rules(self, data: object, vocabulary: Vocabulary) -> list[TemplateRule]:
        found = []
        reader = ExpressionReader(self.findings, vocabulary)
        for path, expr, message in rules_of(data, self.findings):
            source = expr if has_holes(expr) else f"${{{expr}}}"
            if has_holes(expr):
                expression = reader.whole(source, (*path, "expr"), "the rule")
            else:
                expression = self._bare(expr, (*path, "expr"), reader)
            if expression is None:
                continue
            self.reads |= expression.reads
            if expression.type.sort is not Sort.BOOL or expression.type.nullable:
                reader.refuse((*path, "expr"), expr, f"A rule is true or false, and this is {expression.type}.")
                continue
            found.append(TemplateRule(expression, message, path))
        return found

    def _bare(self, source: str, path: Path, reader: ExpressionReader) -> Expression | None:
        from reconciler.manifests.templates.lexer import Hole

        return reader.compile(Hole(source, 0), source, path, "the rule")

    def _resource(self, outline: Outline, parameters: Parameter) -> TemplateResource | None:
        before = self.findings.count
        check_literals(outline, self.findings)
        others = {name: found for name, found in self.types.items() if name != outline.id}
        variables = {"params": parameters.type, **others}
        loops, depth, many = self._loops(outline, variables, parameters)
        vocabulary = Vocabulary(variables, self.structs)
        failed = frozenset(variable for variable, _ in outline.loops) - {loop.variable for loop in loops}
        reader = ExpressionReader(self.findings, vocabulary, failed)
        include = self._condition(outline, reader)
        renamed = self._renamed(outline, reader)
        shown = f"{outline.kind.name if outline.kind else 'the resource'} {outline.id}:"
        body = reader.node(outline.data, (*outline.path, "template"), shown)
        if body is None or outline.kind is None:
            return None
        fields = {filled.path: filled for filled in walked(body)}
        for filled in fields.values():
            self._fit(filled, outline, reader, depth)
        self._check_name(outline, fields.get(_NAME), reader)
        if self.findings.count > before:
            return None
        expressions = [e for filled in fields.values() for e in filled.expressions]
        expressions += [*(loop.items for loop in loops), *([include] if include else [])]
        expressions += [loop.key for loop in loops if loop.key is not None]
        expressions += renamed.expressions if renamed else ()
        reads = {read for expression in expressions for read in expression.reads}
        self.reads |= reads
        needs = tuple(sorted({read[0] for read in reads} & others.keys()))
        self.steps[outline.id] = many * (1 + sum(expression.cost.steps for expression in expressions))
        return TemplateResource(
            outline.id, outline.path, outline.kind, vocabulary, loops, include, renamed, body, fields, needs
        )

    def _loops(
        self, outline: Outline, variables: dict[str, ValueType], parameters: Parameter
    ) -> tuple[tuple[Loop, ...], int, int]:
        """The loops, which add their variables to the vocabulary; their depth, and the most rounds that they make."""
        found: list[Loop] = []
        depth, rounds = 0, 1
        for name, value in outline.loops:
            path = (*outline.path, "forEach", name)
            if name in variables:
                detail = f'The loop variable "{name}" hides another variable of this name.'
                self.findings.add(path, detail, "Give it another name.", at_key=True)
                continue
            reader = ExpressionReader(self.findings, Vocabulary(variables, self.structs))
            items = reader.whole(value, path, f"forEach of the resource {outline.id}")
            if items is None:
                continue
            item = items.type.item
            if items.type.sort is not Sort.LIST or item is None or items.type.nullable:
                reader.refuse(path, value, f"A loop runs over a list, and this is {items.type}.")
                continue
            depth += 1 + items.cost.loops
            rounds *= items.type.high
            variables[name] = item
            key = self._key(outline, name, variables, parameters)
            found.append(Loop(name, items, key))
        if depth > MOST_LOOPS:
            detail = f"Loops are nested or chained {depth} deep; at most {MOST_LOOPS} are evaluated."
            self.findings.add((*outline.path, "forEach"), detail, "Prepare the list in the parameters.")
        return tuple(found), depth, rounds

    def _key(
        self, outline: Outline, name: str, variables: Mapping[str, ValueType], parameters: Parameter
    ) -> Expression | None:
        """The expression of what tells the items of a loop apart, None where the item itself does."""
        keys, item = outline.keys, variables[name]
        place = [variable for variable, _ in outline.loops].index(name)
        if keys and len(keys) != len(outline.loops):
            if place == 0:
                detail = f"There are {len(outline.loops)} loops and {len(keys)} keys."
                self.findings.add((*outline.path, "key"), detail, "Give one key for each loop, as a list.")
            return None
        if keys:
            path = (*outline.path, "key", place) if outline.has_many_keys else (*outline.path, "key")
            reader = ExpressionReader(self.findings, Vocabulary(variables, self.structs))
            found = reader.whole(keys[place], path, f"key of the resource {outline.id}")
            if found is not None and (found.type.sort not in {Sort.STRING, Sort.INT} or found.type.nullable):
                reader.refuse(path, keys[place], f"A key is text or a whole number, and this is {found.type}.")
            return found
        if item.sort in {Sort.STRING, Sort.INT}:
            return None
        key = _key_of(parameters, item.label)
        if key is None:
            detail = f"Nothing tells the items of {name} apart."
            hint = f'Add key: "${{{name}.…}}" beside forEach, or key: to the parameter.'
            self.findings.add((*outline.path, "forEach", name), detail, hint, at_key=True)
            return None
        return Vocabulary({name: item}, self.structs).compile(f"{name}.{key}")

    def _condition(self, outline: Outline, reader: ExpressionReader) -> Expression | None:
        if outline.include is None:
            return None
        path = (*outline.path, "includeWhen")
        found = reader.whole(outline.include, path, f"includeWhen of the resource {outline.id}")
        if found is not None and (found.type.sort is not Sort.BOOL or found.type.nullable):
            reader.refuse(path, outline.include, f"includeWhen is true or false, and this is {found.type}.")
        return found

    def _renamed(self, outline: Outline, reader: ExpressionReader) -> TextNode | None:
        if outline.renamed is None:
            return None
        path = (*outline.path, "renamedFrom")
        found = reader.scalar(outline.renamed, path, f"renamedFrom of the resource {outline.id}")
        if isinstance(found, TextNode):
            if type_of(found).sort is not Sort.STRING:
                reader.refuse(path, outline.renamed, f"A former name is text, and this is {type_of(found)}.")
            return found
        if found is not None and not is_moniker(str(found.value)):
            detail = f"The former name {shown_value(outline.renamed)} is no moniker."
            self.findings.add(path, detail, "Write the expression that made the former name.")
        return None if found is None else TextNode((), (str(found.value),))

    def _fit(self, filled: TextNode, outline: Outline, reader: ExpressionReader, depth: int) -> None:
        path = filled.path
        there = (*outline.path, "template", *path)
        value: Any = outline.data
        for step in path:
            value = value[step]
        found = type_of(filled)
        for expression in filled.expressions:
            if depth + expression.cost.loops > MOST_LOOPS:
                detail = f"With forEach, loops are nested {depth + expression.cost.loops} deep; at most {MOST_LOOPS}."
                reader.refuse(there, value, detail, "Prepare the list in the parameters.")
        if path[0] != "spec":
            if path[0] != "metadata":
                reader.refuse(there, value, f"{path[0]} is written out.", "Make one resource for each kind.")
            elif found.sort is not Sort.STRING or (found.nullable and path[1] == "name"):
                given = "null" if found.nullable else str(found)
                reader.refuse(there, value, f"metadata holds text, and this is {given}.", "Write string(…) around it.")
            return
        shape = _shape_at(outline, path[1:])
        if shape is not None and (why := misfit(found, shape)) is not None:
            where = path_text(path)
            kind = outline.kind.name if outline.kind else ""
            detail = f"The value does not fit {where} of {kind} ({outline.id}): {why}."
            hint = "Write string(…) around it." if found.sort is Sort.INT and shape.type is str else None
            reader.refuse(there, value, detail, hint)

    def _check_name(self, outline: Outline, filled: TextNode | None, reader: ExpressionReader) -> None:
        path = (*outline.path, "template", *_NAME)
        name = outline.name
        if filled is None:
            if name is not None and not has_holes(name):
                if not is_moniker(name):
                    detail = f"The name {shown_value(name)} is no moniker: 5 to 30 characters of a-z 0-9 - _."
                    self.findings.add(path, detail, "Choose such a name.")
                elif outline.loops:
                    detail = f"The name {name} is the same for every item of forEach."
                    self.findings.add(path, detail, f'Let it hold "${{{outline.loops[0][0]}…}}".')
            return
        found = type_of(filled)
        if found.sort is not Sort.STRING:
            return
        if found.low > LONGEST_MONIKER or found.high < SHORTEST_MONIKER:
            detail = f"The name has {found.low} to {found.high} characters; names have 5 to 30."
            reader.refuse(path, name, detail, "Shorten or extend it.")
        read = {step for expression in filled.expressions for step in (chain[0] for chain in expression.reads)}
        for variable, _ in outline.loops:
            if variable not in read and not self.findings.count:
                detail = f'The name does not depend on the loop variable "{variable}", so objects would have one name.'
                reader.refuse(path, name, detail, f'Let it hold "${{{variable}…}}".')

    def _order(self, resources: list[TemplateResource], outlines: list[Outline]) -> list[str] | None:
        sorter = TopologicalSorter({one.id: one.needs for one in resources})
        try:
            return list(sorter.static_order())
        except CycleError as error:
            cycle = error.args[1]
            first = next(one for one in outlines if one.id == min(cycle))
            detail = f"Resources refer to each other in a circle: {' → '.join(reversed(cycle))}."
            self.findings.add((*first.path, "id"), detail, "Take one of the references out.")
            return None

    def _check_steps(self, outlines: list[Outline], sound: Mapping[str, TemplateResource]) -> None:
        steps = sum(self.steps.values())
        if steps <= MOST_STEPS or not outlines:
            return
        loops = [(loop.items.type.high, one, loop) for one in sound.values() for loop in one.loops]
        factor = ""
        if loops:
            most, one, loop = max(loops, key=lambda entry: entry[0])
            factor = f"; the largest factor: forEach {loop.variable} of {one.id} has up to {most:,} items"
        detail = f"A division may take {steps:,} steps, and at most {MOST_STEPS:,} are allowed{factor}."
        self.findings.add(("spec", "resources"), detail, "Lower maxItems or maxLength of the parameters.")

    def _unused(self, parameters: Parameter) -> None:
        if self.findings.count:
            # An expression that could not be read may be the one that uses it.
            return
        whole = ("params",) in self.reads and not any(len(read) > 1 and read[0] == "params" for read in self.reads)
        for name in parameters.members:
            if not whole and ("params", name) not in {read[:2] for read in self.reads}:
                path = ("spec", "parameters", "properties", name)
                detail = f'No expression uses the parameter "{name}".'
                self.findings.add(path, detail, "Use it, or remove it.", at_key=True)


def _exact_type(found: ValueType, node: Node | None, literal: object = None) -> ValueType:
    if found.sort is Sort.STRUCT:
        members = {}
        for name, member in found.members.items():
            inner = _entry(node, name)
            members[name] = _exact_type(member, inner, inner.value if isinstance(inner, LiteralNode) else None)
        return struct(found.label, members)
    if isinstance(node, TextNode):
        return sized(found, type_of(node), None)
    return sized(found, None, literal)


def _entry(node: Node | None, name: str) -> Node | None:
    if isinstance(node, MappingNode):
        return dict(node.entries).get(name)
    if isinstance(node, LiteralNode) and isinstance(node.value, Mapping) and name in node.value:
        return LiteralNode(node.value[name])
    return None


def _shape_at(outline: Outline, path: Path) -> Shape | None:
    shape = outline.kind.shape if outline.kind else None
    for step in path:
        if shape is None:
            return None
        if shape.type is Any:
            return None
        shape = shape.item if isinstance(step, int) else shape.members.get(step)
    return shape


def _key_of(parameters: Parameter, label: str) -> str | None:
    """The key of the list whose items have this label (``params.countries[]``)."""
    found: Parameter | None = parameters
    for step in label.removeprefix("params.").removesuffix("[]").split("."):
        name = step.removesuffix("[]")
        found = found.members.get(name) if found else None
        if found is not None and step.endswith("[]"):
            found = found.item
    return found.key if found is not None else None
