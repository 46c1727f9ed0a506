"""Moomoo, signing in: the person has signed in to OpenD, at its own console; we only knock at its socket.

Whoever reaches the socket may read, so the address is the secret. And whoever names an address makes us
connect to it: only this machine is taken, unless the operator lists others (`gateways`).
"""

import ipaddress
import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from adapters.brokerages.moomoo.speech import GLOBAL_STATE, told_failure
from adapters.brokerages.moomoo.speech import call as asked
from adapters.kit.rows import mapping
from adapters.kit.signin import Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response
from domain.challenges import Answer
from domain.errors import (
    BrokerageMaintenance,
    BrokerageUnavailable,
    ChallengeUnsupported,
    DoorClosed,
    FieldInvalid,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

KEY_HEADER = "opend-rsa-key"
LOOPBACK = "127.0.0.0/8"
PRIVILEGED = 1024
_ADDRESS = re.compile(r"(?:tcp://)?(?:\[(?P<six>[0-9A-Fa-f:]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True)
class Knocking:
    """OpenD is asked how it is."""

    address: str
    rsa_key: str = field(default="", repr=False)


def begin(given: Given, moment: Moment) -> Move:
    address = given.fields.get("address", "")
    state = Knocking(
        gateway(address, given.fields.get("gateways", "")) if address else "",
        given.fields.get("rsa_key", "").replace("\r", "").replace("\\n", "\n").strip(),
    )
    return Send(authorise(asked(GLOBAL_STATE, {"userID": 0}, group="auth"), _grant(state), moment), state)


def hear(state: Knocking, heard: Heard, moment: Moment) -> Move:
    match heard:
        case Response(status=200):
            failure = told_failure(heard)
            if failure is not None:
                raise failure
            connected = mapping(heard.json, "s2c").get("trdLogined")
            if not isinstance(connected, bool):
                raise UnreadableReply("trdLogined is missing")
            if not connected:
                raise BrokerageMaintenance("OpenD is not connected to moomoo's trading servers now.")
            return Done(_grant(state))
        case Response():
            raise BrokerageUnavailable
        case Answer():
            raise ChallengeUnsupported


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """Nothing proves who we are: the request goes to the user's own gateway, and under its key."""
    addressed = replace(request, host=grant.values.get("address") or request.host)
    key = grant.values.get("rsa_key")
    # A header has no line breaks; `kit/opend.py` puts them back, and sends no header anywhere.
    return addressed.with_headers((KEY_HEADER, key.replace("\n", "\\n"))) if key else addressed


def gateway(address: str, allowed: str) -> str:
    """The address with its scheme. Raises FieldInvalid, DoorClosed."""
    found = _ADDRESS.fullmatch(address.strip())
    if found is None or not PRIVILEGED <= int(found["port"]) < 65536:
        raise FieldInvalid("credentials[address]", "This is no address of an OpenD: write host:port.")
    host = (found["six"] or found["host"]).lower()
    places = [LOOPBACK, "localhost", "::1", *allowed.replace(",", " ").lower().split()]
    if not any(_covers(place, host, found["port"]) for place in places):
        raise DoorClosed("The operator has not allowed a gateway at this address.")
    return f"tcp://[{host}]:{found['port']}" if found["six"] else f"tcp://{host}:{found['port']}"


def _covers(place: str, host: str, port: str) -> bool:
    """A place is a network ("10.1.0.0/16"), a host's name or pattern, each with a port or without."""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(place)
    except ValueError:
        return fnmatchcase(host, place) or fnmatchcase(f"{host}:{port}", place)


def _grant(state: Knocking) -> Grant:
    values = {"address": state.address, "rsa_key": state.rsa_key}
    return Grant({name: value for name, value in values.items() if value})
