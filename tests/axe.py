"""axe-core, asked of a page in a browser."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"label-content-name-mismatch": {"enabled": True}},  # an experiment in this version of axe, of WCAG 2.1 A in the next
    "resultTypes": ["violations", "incomplete"],
}

_RUN = "([within, options]) => axe.run(within, options).then(({violations, incomplete}) => [violations, incomplete])"


def broken_rules(page: Page, within: str = "html") -> list[str]:
    """Rules that axe says are broken, and letters as dark as their background, which axe leaves to people."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)  # once a page, as reading it takes most of the time
    found = page.evaluate(_RUN, [within, OPTIONS])
    sure, unsure = ([(rule["id"], node) for rule in rules for node in rule["nodes"]] for rules in found)
    unseen = [
        (name, node) for name, node in unsure if any((check["data"] or {}).get("messageKey") == "equalRatio" for check in node["any"])
    ]
    return [f"{name}: {node['html'][:200]}" for name, node in [*sure, *unseen]]
