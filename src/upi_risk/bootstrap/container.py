"""The composition root: which adapter serves which port. The only place that knows dependency-injector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from time import monotonic, thread_time

import msgspec
from dependency_injector import containers, providers
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.cryptography.ed25519 import verifies
from upi_risk.adapters.files.rule_file import read_book
from upi_risk.adapters.memory import MemoryRateLimiter
from upi_risk.adapters.postgres.access import PostgresApiKeys, PostgresRoles
from upi_risk.adapters.postgres.audit import PostgresAuditLog
from upi_risk.adapters.postgres.cases import PostgresCases
from upi_risk.adapters.postgres.challenges import PostgresChallenges
from upi_risk.adapters.postgres.device_keys import PostgresDeviceKeys
from upi_risk.adapters.postgres.engine import Deadlines, create_engine
from upi_risk.adapters.postgres.erasure import PostgresErasure
from upi_risk.adapters.postgres.experiments import PostgresExperiments
from upi_risk.adapters.postgres.figures import PostgresFigures
from upi_risk.adapters.postgres.history import PostgresHistory
from upi_risk.adapters.postgres.labels import PostgresLabels
from upi_risk.adapters.postgres.ledger import PostgresLedger
from upi_risk.adapters.postgres.leftovers import PostgresLeftovers
from upi_risk.adapters.postgres.persons import Persons
from upi_risk.adapters.postgres.protection import PostgresProtection
from upi_risk.adapters.postgres.retention import PostgresRetention
from upi_risk.adapters.postgres.rules import PostgresRules
from upi_risk.adapters.postgres.sessions import PostgresSessions
from upi_risk.adapters.postgres.sign_ins import PostgresSignIns
from upi_risk.adapters.postgres.users import PostgresUsers
from upi_risk.adapters.postgres.webhooks import PostgresWebhooks
from upi_risk.adapters.redis.best_effort import Guard
from upi_risk.adapters.redis.client import Client, create_client
from upi_risk.adapters.redis.rate_limiter import RedisRateLimiter
from upi_risk.adapters.redis.sessions import CachedSessions
from upi_risk.adapters.redis.sign_ins import CachedSignIns
from upi_risk.adapters.redis.snapshot_cache import RedisSnapshotCache
from upi_risk.adapters.system import RandomIdentities, RandomSecrets, SystemClock
from upi_risk.application.amend import AmendHistory
from upi_risk.application.arms import DecideByArms, ScoreBehind
from upi_risk.application.audited_sign_ins import AuditedSignIns
from upi_risk.application.challenges import AnswerChallenge, OpenChallenge
from upi_risk.application.check_for_callers import CheckForCallers
from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.application.coalesce import MOST_UNDER_WAY, Coalesce
from upi_risk.application.deliver_codes import DeliverCodes
from upi_risk.application.devices import Enrol, ManageDevices
from upi_risk.application.erase_user import EraseUser
from upi_risk.application.follow_rules import FollowRules
from upi_risk.application.housekeeping import Housekeep
from upi_risk.application.limit_through_outages import LimitThroughOutages
from upi_risk.application.list_models import ListModels
from upi_risk.application.log_in import AdmitUser, LogIn
from upi_risk.application.look_up import LookUp
from upi_risk.application.manage_access import ManageKeys, People, SetRole
from upi_risk.application.model_health import ModelHealth
from upi_risk.application.note import NoteDeeds
from upi_risk.application.outcomes import ConfirmTransaction, ReportFraud
from upi_risk.application.overview import LookAtReceiver, ShowOverview
from upi_risk.application.patience import Patience
from upi_risk.application.protect import Protect
from upi_risk.application.proven_ways_in import LogInByProof, SignUpByCode
from upi_risk.application.read_from_replica import ReadFromReplica
from upi_risk.application.recognise import Recognise, RecogniseServices
from upi_risk.application.record_label import RecordLabel, ReportByPayer
from upi_risk.application.retain import Retain
from upi_risk.application.review import ReviewTransaction, ShowCases
from upi_risk.application.room import LARGEST_BATCH
from upi_risk.application.sign_ins import EndSignIns, RefreshTokens
from upi_risk.application.sign_up import SignUp
from upi_risk.application.throttle import Throttle
from upi_risk.application.tokens import IssueTokens, Lifetimes
from upi_risk.application.verify_saved import VerifySaved
from upi_risk.bootstrap.data_keys import periods, phone_keys, vault
from upi_risk.bootstrap.following_rules import tell_rules
from upi_risk.bootstrap.following_subscribers import FollowingSubscribers
from upi_risk.bootstrap.logging import tell_model_failure
from upi_risk.bootstrap.measuring import MeasuredAuthenticate, MeasuredBatches, MeasuredLimiter, MeasuredScorer
from upi_risk.bootstrap.metering import MeasuredCheck, MeasuredDecide, MeasuredLedger, MeasuredLoad, Meter
from upi_risk.bootstrap.one_time_codes import code_sender, peppers, quotas, telling
from upi_risk.bootstrap.serving_models import model_store, serving_scorer
from upi_risk.bootstrap.settings import Settings, SettingsError
from upi_risk.domain.breaker import Breaker
from upi_risk.domain.decision import Level
from upi_risk.domain.payment import UpiId
from upi_risk.domain.policy import SANDBOX, RiskPolicy
from upi_risk.domain.ports import History
from upi_risk.domain.ruling import RulesInForce

CACHE_PREFIX = "upi:"


def _engine(settings: Settings) -> AsyncEngine:
    return create_engine(
        settings.database_url,
        pool_size=settings.database_pool_size,
        pool_timeout_seconds=settings.pool_timeout_ms / 1000,
        deadlines=Deadlines(settings.statement_timeout_ms, settings.lock_timeout_ms),
        breaker=_breaker(settings),
    )


def _breaker(settings: Settings) -> Breaker:
    return Breaker(settings.breaker_failures, settings.breaker_open_ms / 1000)


def _replica(settings: Settings, engine: AsyncEngine) -> AsyncEngine:
    if not settings.database_replica_url:
        return engine
    return _engine(msgspec.structs.replace(settings, database_url=settings.database_replica_url))


def _past(settings: Settings, history: History, replica: AsyncEngine) -> History:
    return ReadFromReplica(PostgresHistory(replica), history) if settings.database_replica_url else history


def _redis(settings: Settings) -> Client:
    try:
        return create_client(
            settings.redis_url, pool_size=settings.redis_pool_size, timeout_seconds=settings.redis_timeout_ms / 1000
        )
    except ValueError:
        # Its text may quote a part of the password.
        raise SettingsError("REDIS_URL is no redis:// URL: redis://:password@host:port/0.") from None


def _redis_guard(settings: Settings) -> Guard:
    return Guard(settings.redis_timeout_ms / 1000, _breaker(settings))


def _meter(settings: Settings) -> Meter:
    return Meter(noting=bool(settings.metrics_dir))


def _patience(settings: Settings) -> Patience:
    return Patience(settings.request_deadline_ms / 1000, settings.admission_wait_ms / 1000)


def _patience_of_checks(settings: Settings) -> Patience:
    """What would not go into the next batch, or not be answered in time by a busy process, is not let in."""
    return replace(_patience(settings), most_waiting=LARGEST_BATCH, by_pace=True, computed=thread_time)


def _forced(settings: Settings) -> Mapping[UpiId, Level]:
    """Receivers to try an integration with; none where real payments are checked."""
    return SANDBOX if settings.auth_mode == "demo" else {}


def _workers(settings: Settings) -> int:
    return settings.workers


def _lifetimes(settings: Settings) -> Lifetimes:
    access, refresh = settings.access_token_seconds, settings.refresh_token_seconds
    return Lifetimes(timedelta(seconds=access), timedelta(seconds=refresh), timedelta(days=settings.sign_in_days))


class Container(containers.DeclarativeContainer):
    """Each thing once a process, made when it is first asked for."""

    settings = providers.Dependency(instance_of=Settings)
    cache_prefix = providers.Object(CACHE_PREFIX)

    clock = providers.Singleton(SystemClock)
    identities = providers.Singleton(RandomIdentities)
    engine = providers.Singleton(_engine, settings)
    redis = providers.Singleton(_redis, settings)
    redis_guard = providers.Singleton(_redis_guard, settings)
    models = providers.Singleton(model_store, settings)
    scorer = providers.Singleton(serving_scorer, settings, models)

    phones = providers.Singleton(phone_keys, settings)
    vault = providers.Singleton(vault, settings)
    persons = providers.Singleton(Persons, phones, vault)
    users = providers.Singleton(PostgresUsers, engine, persons)
    webhooks = providers.Singleton(PostgresWebhooks, engine, vault)
    subscribers = providers.Singleton(FollowingSubscribers, webhooks)
    ledger = providers.Singleton(PostgresLedger, engine, subscribers)
    history = providers.Singleton(PostgresHistory, engine)
    replica = providers.Singleton(_replica, settings, engine)
    past = providers.Singleton(_past, settings, history, replica)
    cache = providers.Singleton(RedisSnapshotCache, redis, prefix=cache_prefix, guard=redis_guard)
    sessions = providers.Singleton(
        CachedSessions, providers.Singleton(PostgresSessions, engine), redis, prefix=cache_prefix, guard=redis_guard
    )

    audit = providers.Singleton(PostgresAuditLog, engine)
    patience = providers.Singleton(_patience, settings)
    note = providers.Singleton(NoteDeeds, audit, patience)
    cached_sign_ins = providers.Singleton(
        CachedSignIns,
        providers.Singleton(PostgresSignIns, engine, persons),
        redis,
        prefix=cache_prefix,
        guard=redis_guard,
    )
    sign_ins = providers.Singleton(AuditedSignIns, cached_sign_ins, note)
    roles = providers.Singleton(PostgresRoles, engine)
    keys = providers.Singleton(PostgresApiKeys, engine)
    all_cases = providers.Singleton(PostgresCases, engine)
    erasure = providers.Singleton(PostgresErasure, engine)
    lifetimes = providers.Singleton(_lifetimes, settings)
    meter = providers.Singleton(_meter, settings)
    limit_through_outages = providers.Singleton(
        LimitThroughOutages,
        providers.Singleton(RedisRateLimiter, redis, prefix=cache_prefix, guard=redis_guard),
        providers.Singleton(MemoryRateLimiter, clock),
        providers.Callable(_workers, settings),
    )
    limiter = providers.Singleton(MeasuredLimiter, limit_through_outages, meter)

    policy = providers.Singleton(RiskPolicy, forced=providers.Callable(_forced, settings))
    rules = providers.Singleton(PostgresRules, engine)
    rules_in_force = providers.Singleton(RulesInForce, policy, phones=phones)
    follow_rules = providers.Singleton(
        FollowRules, rules, providers.Object(read_book), rules_in_force, providers.Object(tell_rules)
    )
    measured_ledger = providers.Singleton(MeasuredLedger, ledger, meter)
    load = providers.Singleton(MeasuredLoad, measured_ledger, cache, meter)
    model_health = providers.Singleton(ModelHealth, providers.Object(monotonic), providers.Object(tell_model_failure))
    measured_scorer = providers.Singleton(MeasuredScorer, scorer, meter)
    decide = providers.Singleton(MeasuredDecide, measured_scorer, policy, model_health, rules_in_force, meter)
    arms = providers.Singleton(DecideByArms, decide)
    experiments = providers.Singleton(PostgresExperiments, engine)
    check_batch = providers.Singleton(CheckTransaction, load, arms, measured_ledger, cache)
    measured_check = providers.Singleton(MeasuredCheck, check_batch, meter)
    score_behind = providers.Singleton(ScoreBehind, measured_check, arms, scorer, policy, experiments)
    amend = providers.Singleton(AmendHistory, ledger, cache)
    confirm = providers.Singleton(ConfirmTransaction, history, clock, amend)
    labels = providers.Singleton(PostgresLabels, engine)
    report_fraud = providers.Singleton(ReportFraud, history, clock, amend, ledger, cache)
    report = providers.Singleton(ReportByPayer, labels, history, report_fraud, clock)
    record_label = providers.Singleton(RecordLabel, labels, history, report_fraud, amend, clock)
    issue = providers.Singleton(IssueTokens, sign_ins, identities, lifetimes)
    sign_up = providers.Singleton(SignUp, identities, clock, issue, phones)
    admit = providers.Singleton(AdmitUser, users, clock, amend, issue)
    log_in = providers.Singleton(LogIn, users, admit)
    refresh = providers.Singleton(RefreshTokens, sign_ins, identities, clock, lifetimes)
    end_sign_ins = providers.Singleton(EndSignIns, sessions, sign_ins, clock)
    authenticate = providers.Singleton(MeasuredAuthenticate, sessions, clock, meter)
    services = providers.Singleton(RecogniseServices, keys, clock)
    recognise = providers.Singleton(Recognise, authenticate, services, roles)
    check_for_callers = providers.Singleton(CheckForCallers, authenticate, score_behind, limiter, services)
    batches = providers.Singleton(MeasuredBatches, check_for_callers, meter)
    patience_of_checks = providers.Singleton(_patience_of_checks, settings)
    check = providers.Singleton(Coalesce, batches, patience_of_checks, MOST_UNDER_WAY)
    cases = providers.Singleton(ShowCases, all_cases, users, ledger)
    review = providers.Singleton(ReviewTransaction, all_cases, clock, record_label, note)
    overview = providers.Singleton(ShowOverview, scorer, rules_in_force, providers.Singleton(PostgresFigures, engine))
    look_at_receiver = providers.Singleton(LookAtReceiver, ledger)
    list_models = providers.Singleton(ListModels, models, models)
    people = providers.Singleton(People, users, ledger)
    set_role = providers.Singleton(SetRole, people, roles, clock, note)
    manage_keys = providers.Singleton(ManageKeys, keys, identities, clock, note)
    erase_user = providers.Singleton(EraseUser, people, cached_sign_ins, erasure, cache, clock, note)
    protect = providers.Singleton(Protect, providers.Singleton(PostgresProtection, engine, persons), clock, note)
    retention = providers.Singleton(PostgresRetention, engine)
    retain = providers.Singleton(Retain, retention, erase_user, providers.Callable(periods, settings), clock, note)
    look_up = providers.Singleton(LookUp, users, ledger, past)

    secrets = providers.Singleton(RandomSecrets)
    challenges = providers.Singleton(PostgresChallenges, engine)
    device_keys = providers.Singleton(PostgresDeviceKeys, engine)
    peppers = providers.Singleton(peppers, settings)
    sender = providers.Singleton(code_sender, settings)
    deliver = providers.Singleton(
        DeliverCodes, users, sender, providers.Callable(telling, meter), counted=meter.provided.code_sent
    )
    throttle = providers.Singleton(Throttle, limiter, providers.Callable(quotas, settings))
    open_challenge = providers.Singleton(OpenChallenge, challenges, secrets, peppers, clock, throttle, deliver)
    answer_challenge = providers.Singleton(AnswerChallenge, challenges, peppers, clock, throttle)
    verify = providers.Object(verifies)
    enrol = providers.Singleton(Enrol, device_keys, secrets, clock, verify)
    sign_up_by_code = providers.Singleton(SignUpByCode, open_challenge, answer_challenge, sign_up, enrol)
    log_in_by_proof = providers.Singleton(
        LogInByProof, open_challenge, answer_challenge, users, device_keys, verify, clock, admit
    )
    devices = providers.Singleton(
        ManageDevices, open_challenge, answer_challenge, enrol, device_keys, clock, look_up.provided.profile
    )
    housekeep = providers.Singleton(Housekeep, providers.Singleton(PostgresLeftovers, engine), clock)
    verify_saved = providers.Singleton(VerifySaved, history)
