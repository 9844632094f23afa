"""The rules of the platform (D), in the words of the manifests, and what is assumed of it (A)."""

from reconciler.rulebook.entry import Entry, Keeper

_V, _P, _A, _T, _S = Keeper.MANIFESTS, Keeper.PLAN, Keeper.APPLY, Keeper.STORE, Keeper.PLATFORM

PLATFORM: tuple[Entry, ...] = (
    Entry("D-1", "The displayName of an EndpointGroup has 2 to 100 characters.", (_V, _S)),
    Entry(
        "D-2",
        "A new moniker has 5 to 30 characters.",
        (_V, _P, _S),
        "An object that the platform already holds keeps its moniker, whatever its length.",
    ),
    Entry(
        "D-3",
        "A displayName has at least 2 characters, and a most that depends on the kind.",
        (_V, _S),
        "VSlice and RoutingTarget take 100, RoutingPolicy 150, event maps, event handlers, operator and regional "
        "policies 50.",
    ),
    Entry(
        "D-4",
        "A new moniker consists of lower-case letters, digits, hyphens and underscores.",
        (_V, _P, _S),
        "Other characters are accepted for objects that exist.",
    ),
    Entry(
        "D-5",
        "A moniker is unique among the objects of one kind in an account.",
        (_V, _P, _S),
        "The name of a manifest is the moniker. A rename to a moniker that is in use is refused.",
    ),
    Entry(
        "D-6",
        "A moniker may change, but programs that use the old one stop working.",
        (_P,),
        "A rename is an update of the same object, found by its id.",
    ),
    Entry(
        "D-7",
        "A VSlice exists before the targets, policies and groups that live in it.",
        (_P, _A),
        "A plan creates the VSlice first and deletes it last.",
    ),
    Entry(
        "D-8",
        "The routing targets, routing policies and subnets that a group uses belong to the VSlice of the group.",
        (_V, _S),
    ),
    Entry("D-9", "Subnets of two VSlices may overlap or be equal.", (_V,), "VSlices are isolated; this is no error."),
    Entry("D-10", "The subnets of one VSlice do not overlap.", (_V, _S)),
    Entry(
        "D-11",
        "A VSlice has at least one IPv4 subnet; the first one is fixed at creation.",
        (_V, _P, _S),
        "More subnets may be added later. IPv6 is not supported.",
    ),
    Entry(
        "D-12",
        "DNS with mode custom names at least one server; mode auto names none.",
        (_V, _S),
        "Devices learn of other servers when they next open a session.",
    ),
    Entry("D-13", "An EndpointGroup has a RegionalPolicy: it says which gateway serves the SIMs.", (_V, _S)),
    Entry(
        "D-14",
        "An EndpointGroup has a RoutingPolicy.",
        (_V,),
        "The platform accepts a group without one, but that group passes no traffic.",
    ),
    Entry("D-15", "The OperatorPolicy and the EventMap of a group are optional and can be cleared.", (_V, _S)),
    Entry(
        "D-16",
        "The VSlice, subscription type, type and subnet of an EndpointGroup are fixed at creation.",
        (_P, _S),
        "Another value means another group: declare it under a new name, move the SIMs, then remove the old one.",
    ),
    Entry("D-17", "The subnet of an EndpointGroup is one of the subnets of its VSlice.", (_V, _S)),
    Entry("D-18", "A primary group inherits its APN; a secondary group states one.", (_V, _S)),
    Entry("D-19", "The APN of a secondary group matches the apnPattern of the VSlice.", (_V, _S)),
    Entry("D-20", "The APNs of a primary group and of its secondary groups are all different.", (_V, _S)),
    Entry(
        "D-21",
        "A secondary group belongs to one primary group at most, and has no effect until it does.",
        (_V, _S),
    ),
    Entry(
        "D-22",
        "A SIM is in one primary group at a time; SIMs are assigned to primary groups only.",
        (_V, _P, _S),
        "A SIM that once had a group is never without one: it moves. Its secondary groups follow from the primary.",
    ),
    Entry("D-23", "A primary group and its secondary groups live in the same VSlice.", (_V, _S)),
    Entry(
        "D-24",
        "An EndpointGroup is deleted only when no SIM is in it.",
        (_P, _A, _S),
        "Move the SIMs to another group in the same plan, or before it.",
    ),
    Entry("D-25", "A secondary group is taken from its primary group before either is deleted.", (_P, _A, _S)),
    Entry(
        "D-26",
        "sessionInactivity.seconds is a positive whole number; without the setting idle sessions are left alone.",
        (_V, _S),
        "With the action notifyAndTerminate a session ends when it has been idle for that long.",
    ),
    Entry("D-27", "The scope of an EventMap is fixed at creation.", (_P, _S)),
    Entry("D-28", "The scope of an EventMap fits the place where the map is attached.", (_V, _S)),
    Entry("D-29", "An event fits the scope of the EventMap that subscribes to it.", (_V, _S)),
    Entry("D-30", "A RegionalPolicy has exactly one default.", (_V, _S)),
    Entry(
        "D-31",
        "The entries of a policy are unique by country and operator; an operator is named within a country.",
        (_V, _S),
    ),
    Entry(
        "D-32",
        "A policy that the platform provides (isFixed) cannot be changed or deleted.",
        (_P, _S),
        "Refer to it as existing:<moniker> and do not declare it.",
    ),
    Entry(
        "D-33",
        "The default of an OperatorPolicy is allow or reject; a fallback exists only for single operators.",
        (_V, _S),
    ),
    Entry(
        "D-34",
        "A change of an OperatorPolicy reaches an attached device at its next check-in, which may take hours.",
        (_S,),
        "The traffic of a device that is attached goes on until then.",
    ),
    Entry(
        "D-35",
        "The rules of a RoutingPolicy are tried in order; the first that matches decides, and the end is a drop.",
        (_V, _P, _S),
        "A rule that earlier rules take everything from never matches; the plan names such rules.",
    ),
    Entry("D-36", "A rule that forwards names a routing target; a rule that drops or reflects names none.", (_V, _S)),
    Entry(
        "D-37",
        "A match has IPv4 addresses or networks, and ports from 1 to 65535 with TCP or UDP only.",
        (_V, _S),
    ),
    Entry("D-38", "The packet discard of a RoutingPolicy is a percentage from 0 to 100.", (_V, _S)),
    Entry(
        "D-39",
        "A RoutingTarget has the settings of exactly one type, and the type is fixed at creation.",
        (_V, _P, _S),
    ),
    Entry(
        "D-40",
        "A change of a policy, or another policy for a group, reaches every SIM of the group at once.",
        (_S,),
        "Open sessions are not cut, but their traffic follows the new settings from then on. Impact counts the SIMs.",
    ),
    Entry(
        "D-41",
        "A SIM is pending, then active, then suspended or terminated; whether it is online is another matter.",
        (_P, _S),
    ),
    Entry(
        "D-42",
        "A SIM becomes active by assignment; active and suspended follow each other; terminated is final.",
        (_V, _P, _S),
    ),
    Entry(
        "D-43", "Suspension ends the open session of a SIM at once; the SIM is not billed from the next period.", (_S,)
    ),
    Entry(
        "D-44",
        "A terminated SIM is kept for 90 days and then gone; only the platform's support can bring it back.",
        (_P, _S),
        "Termination is planned only for an ICCID that is declared terminated, and needs consent to the exact number.",
    ),
    Entry(
        "D-45",
        "An ICCID has 18 to 20 digits, begins with 89 and never changes.",
        (_V, _P),
        "Quote it: a spreadsheet or an unquoted number loses digits.",
    ),
    Entry(
        "D-46",
        "A SIM has one address in a group; a static one lies in the group's subnet and is unique in the VSlice.",
        (_V, _P, _S),
        "A new address is used from the next session on. A SIM that moves to another subnet loses its address.",
    ),
    Entry("D-47", "The reference of a SIM is unique in the account: programs find SIMs by it.", (_V, _P, _S)),
    Entry("D-48", "The platform does not switch the IMSI of a SIM; it is only shown.", (_S,)),
    Entry(
        "D-49",
        "Several people and programs may edit one account.",
        (_P, _A),
        "A change on the platform is shown as drift, and each object is read again just before it is written.",
    ),
    Entry(
        "D-50",
        "An account is of the type integrated or edge; an edge account steers no mobile networks.",
        (_V,),
        "State accountType in reconciler.yaml; an OperatorPolicy in an edge account is reported.",
    ),
    Entry("D-51", "New sessions may be refused while the balance of the account is zero.", (_S,)),
    Entry("D-52", "An object is deleted only when nothing refers to it.", (_P, _A, _S), "References go first."),
    Entry(
        "D-53",
        "An EdgeService is created first and enabled in a routing policy afterwards; deletion goes the other way.",
        (_V, _P, _S),
    ),
    Entry("D-54", "An EventHandler waits 5 seconds unless it states a timeout; authentication is optional.", (_V, _S)),
    Entry("D-55", "An account may have any number of EndpointGroups.", (_S,)),
    Entry(
        "D-56",
        "A list names each of its items once.",
        (_V, _S),
        "Rules are told apart by name, edge services by moniker, subscriptions by event and handler.",
    ),
    Entry("D-57", "The name of a rule has no brackets: the platform keeps it between brackets.", (_V,)),
    Entry("D-58", "An EventHandler has the settings of either webhook or smpp.", (_V, _S)),
)

# The platform's documents leave these open. The simulator can be switched to the other reading of each.
ASSUMPTIONS: tuple[Entry, ...] = (
    Entry(
        "A1",
        "The platform refuses a second object with the same moniker in a collection, and a second SIM with an ICCID.",
        (_S,),
        "A creation that may have been executed is recognised by its moniker.",
    ),
    Entry(
        "A2",
        "A read shows an accepted write after some seconds at the latest.",
        (_A,),
        "An object that is not there yet is looked for again before it is called absent.",
    ),
    Entry(
        "A3",
        "A request takes effect within 105 seconds after it was sent, or never.",
        (_A, _T),
        "A new holder of the lock waits that long for the requests of the former one.",
    ),
    Entry("A4", "The platform never gives the id of an object to another one.", (_S,), "Ownership follows the id."),
    Entry(
        "A5",
        "The platform tells which account a token belongs to.",
        (_P, _A),
        "An account that the platform does not tell is not compared.",
    ),
    Entry(
        "A6",
        "A request that is answered with 401, 403 or 429 was not executed.",
        (_A,),
        "It may be sent again, a creation too.",
    ),
    Entry("A7", "A suspended SIM can be made active again.", (_S,), "Suspensions have a limit all the same."),
    Entry(
        "A8",
        "A request for many SIMs is executed for all of them or for none.",
        (_A,),
        "Nothing relies on it: each SIM is looked at afterwards.",
    ),
    Entry("A9", "An account may have tokens that can only read.", (_S,), "A pipeline may plan with one."),
    Entry(
        "A10",
        "Adding entries or subscriptions keeps the ones that are there.",
        (_A,),
        "The items are read back after the write.",
    ),
)
