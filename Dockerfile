# syntax=docker/dockerfile:1
# Two stages: packages are installed from the hashed lock in the first, the second holds no compiler and no cache.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements/run.lock requirements/run.lock
RUN /venv/bin/pip install --require-hashes --no-deps -r requirements/run.lock
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY src src
COPY migrations migrations
# hatchling is installed for this one command, outside the environment that is taken along
RUN pip install hatchling==1.33.0 editables==0.6 && pip wheel --no-deps --no-build-isolation -w /wheel . \
    && /venv/bin/pip install --no-deps /wheel/*.whl

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin upi-risk
WORKDIR /app
COPY --from=build /venv /venv
COPY alembic.ini ./
COPY migrations migrations
COPY artifacts/models artifacts/models
# Where a volume goes that the worker writes and all read; a named one takes over whose the folder is.
RUN install -d -o 10001 -g 10001 /artifacts
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    APP_ENV=production AUTH_MODE=otp OTP_SENDER=http HOST=0.0.0.0 PORT=8000 LOG_FORMAT=json METRICS_HOST=0.0.0.0 METRICS_PORT=9464
USER 10001
EXPOSE 8000 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
CMD ["upi-risk", "serve"]
