"""Typed settings, from the environment and one optional TOML file; refused when half configured.

    settings = load(listen=["127.0.0.1:0"])     # or SettingsInvalid, with all problems at once

What is given in code goes before the environment, the environment before the file that BROKERLINK_CONFIG
names. In the file a setting has the name of its field: `log_level = "DEBUG"`, `[brokerages.schwab.hosts]`.
"""

from brokerlink.settings.addresses import Listen
from brokerlink.settings.explanation import Explained, explain
from brokerlink.settings.loading import load
from brokerlink.settings.model import BrokerageSettings, Settings
from brokerlink.settings.problems import Problem, SettingsInvalid

__all__ = [
    "BrokerageSettings",
    "Explained",
    "Listen",
    "Problem",
    "Settings",
    "SettingsInvalid",
    "explain",
    "load",
]
