"""Another ZooKeeper client, for tests: runs kazoo on behalf of a Node process.

In: JSON lines on stdin, {"id", "op", ...}. Out: one JSON line each, {"id", "ok"} or {"id", "error": {"type", "message"}}.
Bytes travel as {"$bytes": base64} both ways. Watch events come as {"event": {...}} lines.
It ends when stdin does, so it never outlives the test.
"""

import base64
import json
import logging
import os
import sys
import threading
import traceback

from kazoo.client import KazooClient
from kazoo.protocol.states import WatchedEvent, ZnodeStat
from kazoo.security import ACL, Id, make_acl, make_digest_acl

logging.basicConfig(level=logging.CRITICAL)
# Replies own the real stdout; whatever a script prints goes to stderr.
replies = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
sys.stdout = sys.stderr
reply_lock = threading.Lock()


def encode(value):
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, BaseException):
        return {"error": type(value).__name__, "message": str(value)}
    if isinstance(value, ZnodeStat):
        # 64-bit numbers do not survive JSON in JavaScript.
        names = ("czxid", "mzxid", "ctime", "mtime", "version", "cversion", "aversion",
                 "ephemeralOwner", "dataLength", "numChildren", "pzxid")
        big = ("czxid", "mzxid", "ctime", "mtime", "ephemeralOwner", "pzxid")
        return {name: str(item) if name in big else item for name, item in zip(names, value)}
    if isinstance(value, WatchedEvent):
        return {"type": value.type, "state": value.state, "path": value.path}
    if isinstance(value, ACL):
        return {"perms": value.perms, "scheme": value.id.scheme, "id": value.id.id}
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [encode(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def decode(value):
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def write(message):
    with reply_lock:
        replies.write(json.dumps(message) + "\n")
        replies.flush()


def acls_of(items):
    if items is None:
        return None
    return [ACL(item["perms"], Id(item["scheme"], item["id"])) for item in items]


class Driver:
    def __init__(self):
        self.zk = None
        # What `run` scripts see and keep between calls.
        self.scope = {"KazooClient": KazooClient, "ACL": ACL, "Id": Id, "make_acl": make_acl,
                      "make_digest_acl": make_digest_acl, "driver": self}

    def connect(self, hosts, timeout=10, auth=None, read_only=False):
        self.zk = KazooClient(hosts=hosts, timeout=timeout, read_only=read_only,
                              auth_data=[tuple(item) for item in auth] if auth else None)
        self.scope["zk"] = self.zk
        self.zk.start(timeout=20)
        return {"sessionId": str(self.zk.client_id[0])}

    def create(self, path, data=b"", acl=None, ephemeral=False, sequence=False, makepath=False):
        return self.zk.create(path, data, acl=acls_of(acl), ephemeral=ephemeral,
                              sequence=sequence, makepath=makepath)

    def set(self, path, data, version=-1):
        return self.zk.set(path, data, version=version)

    def delete(self, path, version=-1, recursive=False):
        self.zk.delete(path, version=version, recursive=recursive)

    def get(self, path):
        data, stat = self.zk.get(path)
        return {"data": data, "stat": stat}

    def children(self, path):
        return sorted(self.zk.get_children(path))

    def exists(self, path):
        return self.zk.exists(path)

    def get_acl(self, path):
        acls, stat = self.zk.get_acls(path)
        return {"acl": acls, "stat": stat}

    def set_acl(self, path, acl, version=-1):
        return self.zk.set_acls(path, acls_of(acl), version=version)

    def watch(self, path, kind="data"):
        def fire(event):
            write({"event": encode(event)})
        if kind == "exists":
            self.zk.exists(path, watch=fire)
        elif kind == "children":
            self.zk.get_children(path, watch=fire)
        else:
            self.zk.get(path, watch=fire)

    def run(self, script, args=None):
        self.scope["args"] = args
        self.scope["result"] = None
        exec(compile(script, "<test script>", "exec"), self.scope)
        return self.scope["result"]

    def close(self):
        if self.zk is not None:
            self.zk.stop()
            self.zk.close()
            self.zk = None


def main():
    driver = Driver()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            operation = getattr(driver, request["op"])
            write({"id": request["id"], "ok": encode(operation(**decode(request.get("args", {}))))})
        except BaseException as error:  # every failure is an answer
            write({"id": request["id"], "error": {"type": type(error).__name__, "message": str(error),
                                                  "trace": traceback.format_exc()}})
    os._exit(0)


main()
