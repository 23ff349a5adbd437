"""A fan's policy, what creators see of fans, and a person's own data: preview, forget, export, erase."""

from stagedoor.privacy.erasure import Erasure
from stagedoor.privacy.explain import Explainer, Explanation, Rule, RulesDisagreeError
from stagedoor.privacy.export import Exporter
from stagedoor.privacy.model import Audience, Visibility
from stagedoor.privacy.policy import Policy
from stagedoor.privacy.profiles import Profiles
from stagedoor.privacy.reach import Reach
from stagedoor.privacy.routes import handlers
from stagedoor.privacy.trail import Trail

__all__ = [
    "Audience",
    "Erasure",
    "Explainer",
    "Explanation",
    "Exporter",
    "Policy",
    "Profiles",
    "Reach",
    "Rule",
    "RulesDisagreeError",
    "Trail",
    "Visibility",
    "handlers",
]
