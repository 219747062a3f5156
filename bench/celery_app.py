"""Celery with Redis, doing the same work: a front that hands each event on to every endpoint, and workers that send it.

Run by `bench.cluster`: the front as `python -m bench.celery_app PORT`, the workers as `celery --app bench.celery_app
worker`. The front answers once Redis has written the tasks to its disk, as the gateway does.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import requests
from aiohttp import web
from celery import Celery

ENDPOINTS = 8
SECRET = b"a secret of thirty-two bytes, ok"

app = Celery("bench", broker=os.environ["BENCH_BROKER"])
app.conf.update(
    task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=8, broker_connection_retry_on_startup=True
)
session = requests.Session()


@app.task(name="deliver", autoretry_for=(requests.RequestException,), retry_backoff=5, max_retries=10)
def deliver(url: str, body: str) -> None:
    """Send one body to one endpoint, signed."""
    signature = hmac.new(SECRET, body.encode(), hashlib.sha256).hexdigest()
    answer = session.post(url, body.encode(), headers={"webhook-signature": signature}, timeout=30)
    answer.raise_for_status()


def main(port: int) -> None:
    """Take events in."""
    pool = ThreadPoolExecutor(16)
    sink = os.environ["BENCH_SINK"]
    urls = [f"http://127.0.0.1:{sink}/e{number}" for number in range(ENDPOINTS)]

    def hand_on(body: str) -> None:
        with app.producer_pool.acquire(block=True) as producer:
            for url in urls:
                deliver.apply_async((url, body), producer=producer)

    async def receive(request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        await request.loop.run_in_executor(pool, hand_on, body)
        return web.Response(status=202)

    web_app = web.Application()
    web_app.router.add_post("/cockpit/website", receive)
    web.run_app(web_app, host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
