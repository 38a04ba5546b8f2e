"""Which options go together, declared in the sentences that a user reads who breaks them.

A rule a line, options between commas, behind a colon the reason::

    --sheet excludes --explain, --show-steps: many small pictures, or one in full
    --label with PICTURES needs --labels-from-names
    --output - excludes --json

A name in capitals is an argument, ``--output -`` an option with this value; what follows ``with``
must be given, too, for the rule to hold. Of several options that are needed one is enough.
"""

import re

import click
from click.core import ParameterSource

RULE = re.compile(r"^ *(.+?)(?: with (\S+))? (excludes|needs) (.+?)(: .+)?$", re.MULTILINE)


def check_rules(rules: str, context: click.Context) -> None:
    """Raise `click.UsageError`, with the sentence, where a command breaks one of the rules."""
    for subjects, condition, verb, objects, reason in RULE.findall(rules):
        given = [each for each in subjects.split(", ") if is_given(each, context)]
        found = [each for each in objects.split(", ") if is_given(each, context)]
        holds = not condition or is_given(condition, context)
        if given and holds and bool(found) is (verb == "excludes"):
            condition = f" with {condition}" if condition else ""
            told = found[0] if found else objects.replace(", ", " or ")
            raise click.UsageError(f"{given[0]}{condition} {verb} {told}{reason}.", context)


def is_given(term: str, context: click.Context) -> bool:
    """Whether the user gave ``--show-steps``, ``--only wrong`` or ``PICTURES``."""
    option, _, value = term.partition(" ")
    name = option.lstrip("-").replace("-", "_").lower()
    found = context.params[name]
    if value:
        return bool(found == value)
    from_user = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    return from_user and found != ()  # an argument that is left out
