"""Variables that configure the program."""

import os
import pwd

import pytest

from reconciler.environment import is_ci, setting, user_of


@pytest.mark.parametrize("value", ["true", "1", "True", " true ", "woodpecker", "yes"])
def test_a_pipeline_is_known_by_a_variable_that_says_so(value: str) -> None:
    """CI systems set the variable to different words of consent."""
    assert is_ci({"CI": value})


@pytest.mark.parametrize("value", ["", " ", "0", "false", "False", "FALSE ", "no", "off", None])
def test_a_variable_that_denies_is_no_pipeline(value: str | None) -> None:
    """People set CI=false to run a script as they would by hand."""
    assert not is_ci({} if value is None else {"CI": value})


@pytest.mark.parametrize(
    ("value", "meant"), [("x", "x"), ("  x\n", "x"), ("\tx y ", "x y"), ("", None), (" \r\n", None), (None, None)]
)
def test_blanks_around_a_setting_mean_nothing(value: str | None, meant: str | None) -> None:
    """A variable that was pasted with a line end is the variable that was meant; an empty one is not set."""
    assert setting({} if value is None else {"RECONCILER_STORE": value}, "RECONCILER_STORE") == meant


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"GITHUB_ACTOR": "octo", "USER": "runner"}, "octo"),
        ({"GITLAB_USER_LOGIN": "ada", "USER": "root"}, "ada"),
        ({"USER": "", "LOGNAME": "ada"}, "ada"),
        ({}, pwd.getpwuid(os.geteuid()).pw_name),
    ],
)
def test_the_history_names_who_runs_us_also_without_a_variable(variables: dict[str, str], expected: str) -> None:
    """The forge's name in a pipeline, then the user's, then the account of the process: never nobody."""
    assert user_of(variables) == expected
