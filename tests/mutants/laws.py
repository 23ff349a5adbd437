"""The laws of calls and money, in a line each. Every one has a mutant that its tests kill."""

ONE_ACCEPT = "one of many accepts wins"
ACCEPT_AGAINST = "accept against expire, cancel and block has one outcome"
ONE_RING = "one of a hundred rings"
ONE_CALL = "one live call a person"
COOLDOWN = "a pair cools down"
PERMISSION = "only who may"
EVENTS = "an event for every transition"
REPLAY = "replay equals refetch"
TIME = "time ends what it should"
MEDIA = "seconds count while both have media"
ONE_BILL = "the end is billed once"
PRICE = "the price is the rules' price"
FUNDS = "never more than was held"
BOOKS = "entries sum to zero, nobody is below zero"

LAWS = [
    ONE_ACCEPT,
    ACCEPT_AGAINST,
    ONE_RING,
    ONE_CALL,
    COOLDOWN,
    PERMISSION,
    EVENTS,
    REPLAY,
    TIME,
    MEDIA,
    ONE_BILL,
    PRICE,
    FUNDS,
    BOOKS,
]
