"""The rules for SQL: one dialect, no clock and no chance of the server's, nothing unordered."""

import re
from collections.abc import Iterable, Iterator

SERVER_CLOCK = (
    r"now\s*\(|clock_timestamp\s*\(|statement_timestamp\s*\(|transaction_timestamp\s*\(|timeofday\s*\("
    r"|current_timestamp\b|current_date\b|current_time\b|localtimestamp\b|localtime\b"
)
SERVER_CHANCE = r"gen_random_uuid\s*\(|uuid_generate_v\d|random\s*\(|tablesample\b"
NEWER_THAN_15 = (
    r"json_table\s*\(|any_value\s*\(|uuidv[47]\s*\(|without\s+overlaps\b|on_error\b"
    r"|returning\s+(?:old|new)\b|\bmerge\s+into\b.*\breturning\b"
)
NOT_IN_EVERY_SERVER = r"-x-icu\b|\bpgcrypto\b|\bdigest\s*\("
FORBIDDEN = {
    "the server's clock: hand in now": SERVER_CLOCK,
    "the server's chance: hand in ids": SERVER_CHANCE,
    "newer than PostgreSQL 15": NEWER_THAN_15,
    "not in every build of PostgreSQL": NOT_IN_EVERY_SERVER,
}
PATTERNS = {
    why: re.compile(rf"(?<![\w.])(?:{pattern})", re.IGNORECASE | re.DOTALL)
    for why, pattern in FORBIDDEN.items()
}

STATEMENT = re.compile(
    r"\s*(?:with\s+(?:recursive\s+)?\w+\s.*?\bas\s|select\b.*\bfrom\b|select\s+\w+\(|insert\s+into\b"
    r"|update\s+\w+\s.*?\bset\b|delete\s+from\b|create\s+(?:table|index|role|unique)\b|alter\s+\w+\s)",
    re.IGNORECASE | re.DOTALL,
)
KEYWORDS = re.compile(
    r"\b(?:SELECT|FROM|WHERE|INSERT|INTO|UPDATE|DELETE|VALUES|RETURNING|ORDER BY|GROUP BY|LIMIT"
    r"|JOIN|LEFT|INNER|UNION|CREATE|TABLE|ALTER|INDEX|CONFLICT|NOT NULL|PRIMARY KEY|REFERENCES)\b"
)
INEXACT = re.compile(r"\s(?:real|double precision|float\d?|numeric|decimal)\b", re.IGNORECASE)
# What every order writes: a foreign key to it takes a lock in an order that we do not choose.
HOT = (
    r"stock_\w+|reservation|shortage|customer_order|order_\w+|delivery|fulfillment\w*"
    r"|journal|timeline"
)
FOREIGN_KEY_TO_HOT = re.compile(rf"\breferences\s+(?:{HOT})\b")
TOKENS = re.compile(r"[();]|\blimit\b|\border\s+by\b", re.IGNORECASE)
LIMITED = re.compile(r"\blimit\s+(?:%\(|%s|\d|\{|\()", re.IGNORECASE)


def findings(text: str) -> Iterator[str]:
    """What is wrong with a piece of SQL: forbidden words, unordered limits, shouting."""
    bare = without_comments(text)
    for why, pattern in PATTERNS.items():
        if found := pattern.search(bare):
            yield f"`{' '.join(found.group().split())}` is {why}"
    if has_unordered_limit(bare):
        yield "`limit` without `order by` picks rows by chance"
    if STATEMENT.match(bare) and (shouted := KEYWORDS.search(bare)):
        yield f"`{shouted.group()}` is written in lower case"


def without_comments(text: str) -> str:
    """The text without `-- …`, and with quoted strings emptied: they hold data, not SQL."""
    bare = re.sub(r"--[^\n]*", "", text)
    return re.sub(r"'(?:[^']|'')*'", "''", bare)


def has_unordered_limit(text: str) -> bool:
    """True when some select says `limit` and no `order by` before it on its own level."""
    if not LIMITED.search(text):
        return False
    ordered = [False]
    for token in TOKENS.finditer(text):
        match token.group().lower()[0]:
            case "(":
                ordered.append(False)
            case ")":
                ordered = ordered[:-1] or [False]
            case ";":
                ordered = [False]
            case "o":
                ordered[-1] = True
            case "l" if not ordered[-1] and LIMITED.match(text, token.start()):
                return True
    return False


def is_sql(text: str) -> bool:
    """Whether a string of the code reads like SQL, or like a part of it."""
    return STATEMENT.match(text) is not None or LIMITED.search(text) is not None


def migration_findings(files: Iterable[tuple[str, str]]) -> list[str]:
    """Each name has a number of its own; money and stock are integers; the same SQL as in stores.

    Rooms draw their numbers from ranges of their own, so that there are gaps.
    """
    found, numbers = [], set()
    for name, text in sorted(files):
        if not re.fullmatch(r"[0-9]{4}_[a-z][a-z0-9_]*\.sql", name) or name[:4] in numbers:
            found.append(f"{name}: a migration is 0007_what_it_brings.sql, with its own number")
        numbers.add(name[:4])
        found += [f"{name}: {finding}" for finding in findings(text)]
        if inexact := INEXACT.search(without_comments(text)):
            found.append(f"{name}: `{inexact.group().strip()}` is not exact; count in small units")
        if shouted := KEYWORDS.search(without_comments(text)):
            found.append(f"{name}: `{shouted.group()}` is written in lower case")
        if key := FOREIGN_KEY_TO_HOT.search(without_comments(text)):
            found.append(f"{name}: `{key.group()}` would lock a hot row (decision 4)")
    return found
