"""The figures: each declared once, filled by calling it, for example `log_likelihood(trace)`. Plotly only.

Every module here is imported, and its figures go by their names: `from explorer.views import log_likelihood`.
"""

from importlib import import_module
from pkgutil import iter_modules

from explorer.views.figure import VIEWS

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
globals().update({name: view for views in VIEWS.values() for name, view in views.items()})

__all__ = ["VIEWS", *sorted(name for views in VIEWS.values() for name in views)]
