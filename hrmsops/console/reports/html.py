"""An incident report as one HTML file: no script, nothing loaded, light and dark, fit for paper."""

from __future__ import annotations

from importlib.resources import files

from hrmsops.aftermath.incident import Incident
from hrmsops.console.reports.picture import picture
from hrmsops.console.reports.sections import sections, title
from hrmsops.console.safe import shown


def html(incident: Incident) -> str:
    """The whole report; the template escapes every text in it."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["shown"] = shown
    source = files("hrmsops.console.reports").joinpath("incident.html.j2").read_text("utf-8")
    return environment.from_string(source).render(
        title=title(incident),
        incident=incident,
        sections=tuple(sections(incident)),
        picture=picture(incident),
    )
