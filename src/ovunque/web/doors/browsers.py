"""What people call a browser, of all that it says of itself."""

BROWSERS = (  # The first that is named: most of them call themselves Chrome and Safari, too.
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def browser_of(agent: str) -> str:
    """Such as `Chrome, Windows`; whatever is not known as it calls itself."""
    found = [
        next((name for mark, name in known if mark in agent), None) for known in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, found)) or agent
