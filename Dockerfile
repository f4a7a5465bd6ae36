# The wheels bring all libraries they need: neither stage installs packages of the system.
FROM python:3.13.16-slim-trixie AS builder

COPY hf_space/requirements.lock.txt /tmp/
# Without pip of its own, the environment holds what the service imports and nothing else.
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv install --no-cache-dir --no-deps --require-hashes \
        -r /tmp/requirements.lock.txt


FROM python:3.13.16-slim-trixie

# Everything that the service writes lies in /data, where a volume may be mounted.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PORT=7860 \
    HOME=/data \
    HF_HOME=/data/huggingface \
    BIOPSIA_DATA_DIR=/data/history

WORKDIR /app
COPY --from=builder /opt/venv /opt/venv
COPY app.py LICENSE ./
COPY hf_space ./hf_space
# The service can write neither its code nor the compiled form of it.
RUN python -m compileall -q hf_space \
    && install -d -o 1000 -g 1000 /data

# Docker Spaces run every image as this user.
USER 1000:1000

EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('BIOPSIA_PORT') or os.environ['PORT']), timeout=4); c.request('GET', '/health/'); raise SystemExit(c.getresponse().status != 200)"]

CMD ["python", "app.py"]
