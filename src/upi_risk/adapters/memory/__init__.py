"""Every port in memory, with the promises of the real one: for tests, and to try things without servers."""

from upi_risk.adapters.memory.access import MemoryApiKeys, MemoryRoles
from upi_risk.adapters.memory.audit import MemoryAuditLog
from upi_risk.adapters.memory.cases import MemoryCases
from upi_risk.adapters.memory.challenges import MemoryChallenges
from upi_risk.adapters.memory.clock import ManualClock
from upi_risk.adapters.memory.code_sender import MemoryCodeSender
from upi_risk.adapters.memory.device_keys import MemoryDeviceKeys
from upi_risk.adapters.memory.erasure import MemoryErasure
from upi_risk.adapters.memory.experiments import MemoryExperiments
from upi_risk.adapters.memory.figures import MemoryFigures
from upi_risk.adapters.memory.history import MemoryHistory
from upi_risk.adapters.memory.identities import SeededIdentities
from upi_risk.adapters.memory.labels import MemoryLabels
from upi_risk.adapters.memory.ledger import MemoryLedger
from upi_risk.adapters.memory.leftovers import MemoryLeftovers
from upi_risk.adapters.memory.model_store import MemoryModelStore
from upi_risk.adapters.memory.one_time_secrets import SeededSecrets
from upi_risk.adapters.memory.partitions import MemoryArchive, MemoryPartitions
from upi_risk.adapters.memory.past_checks import MemoryPastChecks
from upi_risk.adapters.memory.past_decisions import MemoryPastDecisions
from upi_risk.adapters.memory.protection import MemoryProtection
from upi_risk.adapters.memory.rate_limiter import MemoryRateLimiter
from upi_risk.adapters.memory.retention import MemoryRetention
from upi_risk.adapters.memory.rules import MemoryRules
from upi_risk.adapters.memory.runs import MemoryRuns
from upi_risk.adapters.memory.scorer import WeightedScorer
from upi_risk.adapters.memory.sessions import MemorySessions
from upi_risk.adapters.memory.sign_ins import MemorySignIns
from upi_risk.adapters.memory.snapshot_cache import MemorySnapshotCache
from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.adapters.memory.users import MemoryUsers
from upi_risk.adapters.memory.vault import MemoryVault
from upi_risk.adapters.memory.webhooks import MemoryOutbox, MemoryWebhooks
from upi_risk.adapters.memory.workshop import MemoryWorkshop

__all__ = [
    "ManualClock",
    "MemoryApiKeys",
    "MemoryArchive",
    "MemoryAuditLog",
    "MemoryCases",
    "MemoryChallenges",
    "MemoryCodeSender",
    "MemoryDeviceKeys",
    "MemoryErasure",
    "MemoryExperiments",
    "MemoryFigures",
    "MemoryHistory",
    "MemoryLabels",
    "MemoryLedger",
    "MemoryLeftovers",
    "MemoryModelStore",
    "MemoryOutbox",
    "MemoryPartitions",
    "MemoryPastChecks",
    "MemoryPastDecisions",
    "MemoryProtection",
    "MemoryRateLimiter",
    "MemoryRetention",
    "MemoryRoles",
    "MemoryRules",
    "MemoryRuns",
    "MemorySessions",
    "MemorySignIns",
    "MemorySnapshotCache",
    "MemoryStore",
    "MemoryUsers",
    "MemoryVault",
    "MemoryWebhooks",
    "MemoryWorkshop",
    "SeededIdentities",
    "SeededSecrets",
    "WeightedScorer",
]
