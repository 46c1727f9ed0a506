"""What an account is called whose file tells no name."""

from domain.accounts import masked


def nameless(number: str) -> str:
    """By the end of its number: names are shown to everybody, numbers to nobody."""
    return f"Account {masked(number)}" if number else "Account"
