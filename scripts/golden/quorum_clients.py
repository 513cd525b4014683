"""Clients of an ensemble for scripts/capture-quorum.mjs. In: the client ports of its servers. Makes every kind of
packet that clients can cause between servers: forwarded writes, an identity, syncs, a session that moves."""
import sys
from kazoo.client import KazooClient

ports = sys.argv[1:]

for number, port in enumerate(ports):
    client = KazooClient(hosts="127.0.0.1:" + port, timeout=4)
    client.start(timeout=20)
    client.add_auth("digest", "user:secret")
    path = client.create("/from-", ("server on %d" % number).encode(), sequence=True)
    client.set(path, b"changed")
    client.sync(path)
    client.create(path + "/short-lived", ephemeral=True)
    transaction = client.transaction()
    transaction.create(path + "/a", b"1")
    transaction.check(path, 1)
    transaction.set_data(path, b"2")
    transaction.commit()
    client.delete(path + "/a")
    # The same session at another server: it must be revalidated there.
    other = KazooClient(hosts="127.0.0.1:" + ports[(number + 1) % len(ports)], timeout=4, client_id=client.client_id)
    other.start(timeout=20)
    other.get(path)
    other.stop()
    other.close()
    try:
        client.stop()
        client.close()
    except Exception:  # its session was closed by the other
        pass
