"""A stage's name in, its construct's id out."""


def pascal(name: str) -> str:
    """`mail_events` as a construct: `MailEvents`."""
    return "".join(word.capitalize() for word in name.split("_"))
