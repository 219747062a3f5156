# Cockpit Gateway in a container: docs/how-to/run-in-a-container.md
#
# Plugins of your own: FROM this image, and `RUN /opt/cockpit-gateway/bin/pip install my-plugin` as root before `USER`.

ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/cockpit-gateway \
    && /opt/cockpit-gateway/bin/pip install --no-cache-dir --require-hashes --requirement config/locks/gateway.txt \
    && /opt/cockpit-gateway/bin/pip install --no-cache-dir --no-deps .

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="Cockpit Gateway" \
      org.opencontainers.image.description="The one URL that Cockpit CMS posts to" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin gateway \
    && install --directory --owner gateway --group gateway --mode 0700 /var/lib/cockpit-gateway
COPY --from=build /opt/cockpit-gateway /opt/cockpit-gateway
COPY config/container/gateway.yaml /etc/cockpit-gateway/gateway.yaml
ENV PATH=/opt/cockpit-gateway/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    COCKPIT_GATEWAY_CONFIG=/etc/cockpit-gateway/gateway.yaml
USER gateway
WORKDIR /var/lib/cockpit-gateway
VOLUME /var/lib/cockpit-gateway
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["cockpit-gateway", "healthcheck"]
CMD ["cockpit-gateway", "run"]
