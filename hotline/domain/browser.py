"""What a browser is called, so that somebody knows her own again in a list."""

_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("Chrome", "Chrome"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux"))


def named(user_agent: str) -> str:
    """Browser and system out of a User-Agent, from short lists: names, never what it said. Empty if neither is known."""
    browsers = (*_BROWSERS, ("Safari", "Safari"))  # all of them say Safari
    known = (next((name for mark, name in marks if mark in user_agent), "") for marks in (browsers, _SYSTEMS))
    return " · ".join(filter(None, known))
