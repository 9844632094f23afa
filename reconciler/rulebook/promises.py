"""The promises of the product (I), its answers to faults (F), and its protections (S)."""

from reconciler.rulebook.entry import Entry, Keeper

_V, _P, _A, _T, _C = Keeper.MANIFESTS, Keeper.PLAN, Keeper.APPLY, Keeper.STORE, Keeper.COMMAND_LINE

_HELD: tuple[Entry, ...] = (
    Entry("I1", "After kills and faults, at most two more runs of `apply` reach what is declared.", (_A, _T)),
    Entry("I2", "Every request that changes something belongs to one change of the plan.", (_A,)),
    Entry(
        "I3", "A SIM is terminated only when its ICCID is declared terminated and the number is consented to.", (_P, _A)
    ),
    Entry("I4", "A creation takes effect once at most; it is not sent again before the platform was read.", (_A,)),
    Entry("I5", "A created object is in the inventory, or is found by its recorded intent in the next run.", (_A, _T)),
    Entry(
        "I6",
        "Nothing is changed or deleted that this estate did not create or adopt.",
        (_P, _A, _T),
        "Ownership follows the id of an object; the same name is no ownership.",
    ),
    Entry(
        "I7",
        "A plan is stale when what it was made from has changed, and nothing is sent for a stale plan.",
        (_A,),
        "Make a new plan; it shows what is different.",
    ),
    Entry(
        "I8", "One run at a time decides; what an earlier holder of the lock still reports is kept as a fact.", (_T,)
    ),
    Entry("I9", "The intent is on disk before a request is sent, the outcome before success is reported.", (_A, _T)),
    Entry(
        "I10",
        "An object is called absent only after a complete read; an incomplete read plans no create and no delete.",
        (_P, _A),
    ),
    Entry("I11", "A write changes the managed fields that differ and no others.", (_A,)),
    Entry("I12", "Impact counts the SIMs that the whole plan reaches, each once.", (_P,)),
    Entry("I13", "No secret appears in a plan, a report, the store, a log or a message.", (_C,)),
    Entry("I14", "Every input ends in a documented exit code and a message with a position.", (_C,)),
    Entry("I15", "The same manifests, account and inventory give the same plan, byte for byte.", (_P,)),
    Entry("I16", "A plan that was altered, or was made for another account or store, is refused.", (_P, _A)),
    Entry("I17", "A plan is completed once; applying it again resumes it or says that it is done.", (_A, _T)),
    Entry(
        "I18", "A store that is newer, damaged or missing is refused; an older one is migrated after a backup.", (_T,)
    ),
    Entry("I19", "Success is reported when every change was read back and the next plan is empty.", (_A,)),
    Entry("I20", "A command that reads changes nothing on the platform.", (_C,)),
    Entry("I21", "The token goes to the configured platform only, and in clear to loopback only.", (_C,)),
    Entry("I22", "A SIM that was seen terminated is treated as terminated for good.", (_P,)),
    Entry("I23", "Without faults an apply ends.", (_A,)),
    Entry("I24", "A run that died holds the lock for its lease and no longer; nobody has to act.", (_T,)),
)
_FAULTS: tuple[Entry, ...] = (
    Entry("F4", "A recovery or migration that was killed is done again and ends as if it had not been.", (_A, _T)),
    Entry("F5", "Ctrl-C begins no new request and records the answers that are still to come.", (_A,)),
    Entry("F6", "A request that was not sent, because there was no connection, is sent again a few times.", (_A,)),
    Entry("F7", "A request whose answer was lost has an unknown outcome, which is found out by reading.", (_A,)),
    Entry("F8", "When the platform asks for patience, every request waits as long as it says, up to a limit.", (_A,)),
    Entry("F9", "An error of the platform's server leaves the outcome of a change unknown, as in F7.", (_A,)),
    Entry("F10", "A refusal is a failure; an answer that makes no sense leaves the outcome unknown.", (_A,)),
    Entry("F11", "Answers that never end or are too large are cut off by time and size.", (_C,)),
    Entry("F12", "A redirect is an error; it is never followed.", (_C,)),
    Entry("F13", "Pages that contradict each other are read again, and refused when they still do.", (_P, _A)),
    Entry("F14", "An account that lists much less than the inventory knows looks like a partial read.", (_P,)),
    Entry("F15", "When the token expires the run stops; apply goes on from there with a new one.", (_A,)),
    Entry("F16", "A token of another account than that of the store is refused.", (_P, _A)),
    Entry("F17", "The second of two applies is told which run holds the lock.", (_T,)),
    Entry("F19", "A run that was paused and lost its lock decides nothing more.", (_T,)),
    Entry("F20", "When the store cannot be reached, nothing more is sent.", (_A, _T)),
    Entry("F21", "When the disk is full or fails, the run stops before the next request.", (_A, _T)),
    Entry("F22", "A store that is missing, damaged, older, newer or another one is refused with the way out.", (_T,)),
    Entry("F23", "Leases follow the clock of the database, not that of the machine.", (_T,)),
    Entry("F24", "An edit by somebody else between plan and apply makes the plan stale; the field is named.", (_A,)),
    Entry("F25", "An edit by somebody else during an apply is seen by the read right before the request.", (_A,)),
    Entry("F26", "A change that would reach many more SIMs than the plan showed is stale.", (_A,)),
    Entry("F28", "An object that somebody deleted and made again under its moniker belongs to somebody else.", (_P,)),
    Entry("F29", "A group that got a SIM after planning is not deleted.", (_A,)),
    Entry("F30", "After a request for many SIMs each SIM is looked at; the rest is planned again.", (_A,)),
    Entry(
        "F38",
        "Fields and words that this version does not know are kept, shown and not managed.",
        (_V, _P, _A),
        "A word that is new to this version may be right; the platform decides.",
    ),
    Entry("F40", "An inventory that is lost is made again by adopting each object; nothing is sent.", (_P, _T)),
)
_PROTECTION: tuple[Entry, ...] = (
    Entry(
        "S1", "Manifests are a strict part of YAML: no anchors, tags, tabs or duplicate keys, and with limits.", (_V,)
    ),
    Entry("S2", "Unknown keys are errors, with the nearest known one; names hold no invisible characters.", (_V,)),
    Entry("S3", "A file that a manifest names lies below the root of the estate and is read up to a limit.", (_V,)),
    Entry("S5", "One file of SIMs lists at most 2,000,000 of them, 1,000,000 with further columns.", (_V,)),
    Entry(
        "S6",
        "Manifests refer to secrets and never hold them.",
        (_V,),
        "Write {secretRef: {env: NAME}} or {secretRef: {file: path}}.",
    ),
    Entry("S7", "A secret is shown as ***, wherever it would be printed.", (_C,)),
    Entry("S8", "A secret is compared by a digest under a key of the store, so that nobody can guess it.", (_P, _T)),
    Entry("S9", "The URL of a webhook is secret beyond scheme and host.", (_V, _P), "Paths and queries hold tokens."),
    Entry(
        "S10",
        "Fields are shown because they are known to be harmless, not because nothing suspicious was found.",
        (_C,),
    ),
    Entry("S11", "An error is one message without a traceback; --debug prints one without values.", (_C,)),
    Entry("S12", "The token comes from a file or the environment, never from an argument or a manifest.", (_C,)),
    Entry(
        "S13", "The platform is named by the caller; connections are verified and redirects are not followed.", (_C,)
    ),
    Entry("S15", "The digest of a plan is over its canonical JSON.", (_P, _A)),
    Entry("S19", "Protection and retention are remembered by the inventory.", (_P, _T)),
    Entry("S20", "A plan shows names, counts and fields that are not secret; its text shortens ICCIDs.", (_P,)),
    Entry("S21", "Text is escaped for the terminal, the build or the page that shows it.", (_C,)),
    Entry("S23", "The local store is for its owner only, and durable after each write.", (_T,)),
    Entry("S24", "A shared store is reached over a verified connection and with time limits.", (_T,)),
    Entry("S25", "The simulator listens on loopback and says in each answer that it is the simulator.", (_C,)),
)
PROMISES = (*_HELD, *_FAULTS, *_PROTECTION)
