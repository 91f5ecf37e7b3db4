"""A readable name for a browser, so that a volunteer can recognise it in the list of log-ins."""

_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("Chrome", "Chrome"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux"))


def named(user_agent: str) -> str:
    """Browser and system of a User-Agent, by names of our own lists: its own words are never shown. Empty if neither is known."""
    browsers = (*_BROWSERS, ("Safari", "Safari"))  # last: the others contain the word Safari too
    known = (next((name for mark, name in marks if mark in user_agent), "") for marks in (browsers, _SYSTEMS))
    return " · ".join(filter(None, known))
