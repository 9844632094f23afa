"""The ways in which the platform says no."""

NOT_FOUND = "Record not found"


class Refusal(Exception):
    """A request that is answered with anything but success. The state stays as it was."""

    status = 200

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


class Breach(Refusal):
    """A domain rule forbids it."""


class NotFound(Refusal):
    """The address names nothing."""

    def __init__(self) -> None:
        super().__init__(NOT_FOUND)


class Malformed(Refusal):
    """The body or the query cannot be bound: wrong type, no JSON. `member` is where."""

    status = 400

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.member = member


class Denied(Refusal):
    """No token, a wrong one (401), or one without the right (403)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class WrongVerb(Refusal):
    """The path exists, the verb does not."""

    status = 405


class TooLarge(Refusal):
    """The body is larger than the platform takes."""

    status = 413


class Partly(Refusal):
    """A bulk call that did not succeed for every item; `items` are the rendered results."""

    def __init__(self, items: list[dict[str, object]]) -> None:
        failed = sum(not item["success"] for item in items)
        super().__init__(f"{failed} of {len(items)} items were refused")
        self.items = items
