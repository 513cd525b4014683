"""Runs kazoo's own test suite (the package kazoo.tests) against servers which the parent process starts.

In: argv = module names such as test_lock (all when none is given), or ids such as
test_lock.KazooLockTests.test_lock. On standard input, one JSON answer per line to what was asked.
Out: on standard output, one JSON message per line: {"ask": ...} for the parent to answer,
{"test": id, "outcome": passed|failed|skipped, "seconds": n, "detail": text}, and {"done": true} at the end.

kazoo's harness wants a Java cluster of its own; here its ZookeeperCluster is replaced by one that asks the parent.
pytest, mock and objgraph are not needed: the suite uses so little of them that small stand-ins serve,
and every machine then runs the same thing.
"""

import gc
import json
import logging
import os
import pkgutil
import re
import signal
import sys
import time
import traceback
import types
import unittest
import unittest.mock

TEST_SECONDS_MAX = 60


class Parent(object):
    """The process that started us. Tests may print: they get standard error instead of our output."""

    def __init__(self):
        self._output = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)

    def tell(self, message):
        self._output.write(json.dumps(message) + "\n")
        self._output.flush()

    def ask(self, what, **details):
        self.tell(dict(details, ask=what))
        line = sys.stdin.readline()
        if not line:
            os._exit(1)
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError("%s: %s" % (what, answer["error"]))
        return answer.get("ok")


PARENT = Parent()


class SuiteServer(object):
    """Stands in for kazoo.testing.common.ManagedZooKeeper."""

    def __init__(self, server_id, address):
        self.server_id = server_id
        self.address = address
        self.running = True

    @property
    def client_port(self):
        return int(self.address.rsplit(":", 1)[1])

    def run(self):
        if not self.running:
            PARENT.ask("start", server=self.server_id)
            self.running = True

    def stop(self):
        if self.running:
            PARENT.ask("stop", server=self.server_id)
            self.running = False


class SuiteCluster(object):
    """Stands in for kazoo.testing.common.ZookeeperCluster; its servers run from the beginning."""

    def __init__(self, configuration_entries=(), java_system_properties=(), jaas_config=None, size=1, **_):
        addresses = PARENT.ask(
            "cluster",
            size=size,
            config=list(configuration_entries),
            properties=list(java_system_properties),
            jaas=jaas_config,
        )
        self._servers = [SuiteServer(index + 1, address) for index, address in enumerate(addresses)]

    def __getitem__(self, index):
        return self._servers[index]

    def __iter__(self):
        return iter(self._servers)

    def start(self):
        for server in self._servers:
            server.run()

    def stop(self):
        for server in self._servers:
            server.stop()

    def terminate(self):
        """The parent ends one cluster when the next is asked for, and the last one with us."""


class Raises(object):
    """pytest.raises as a context manager."""

    def __init__(self, expected, match=None):
        self._expected = expected
        self._match = match
        self.value = None
        self.type = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, _traceback):
        if kind is None:
            raise AssertionError("did not raise %r" % (self._expected,))
        if not issubclass(kind, self._expected):
            return False
        if self._match is not None and re.search(self._match, str(value)) is None:
            raise AssertionError("%r does not match %r" % (str(value), self._match))
        self.type, self.value = kind, value
        return True


def skip(reason=""):
    raise unittest.SkipTest(reason)


def install_stand_ins():
    pytest = types.ModuleType("pytest")
    pytest.raises, pytest.skip = Raises, skip
    objgraph = types.ModuleType("objgraph")
    objgraph.count = lambda name: sum(1 for item in gc.get_objects() if type(item).__name__ == name)
    sys.modules.update({"pytest": pytest, "objgraph": objgraph, "mock": unittest.mock})


class TookTooLong(Exception):
    """A single test ran past its time."""


def too_long(_signal, _frame):
    raise TookTooLong("took more than %d s" % TEST_SECONDS_MAX)


class Reporter(unittest.TestResult):
    """Tells the parent of every test."""

    def startTest(self, test):
        super(Reporter, self).startTest(test)
        self._outcome, self._detail, self._since = "passed", "", time.monotonic()
        signal.alarm(TEST_SECONDS_MAX)

    def stopTest(self, test):
        signal.alarm(0)
        super(Reporter, self).stopTest(test)
        PARENT.tell({
            "test": short_id(test),
            "outcome": self._outcome,
            "seconds": round(time.monotonic() - self._since, 2),
            "detail": self._detail,
        })

    def _note(self, outcome, detail):
        if self._outcome != "failed":
            self._outcome, self._detail = outcome, detail

    def addError(self, test, err):
        super(Reporter, self).addError(test, err)
        if isinstance(test, unittest.TestCase):
            self._note("failed", "".join(traceback.format_exception(*err))[-4000:])
        else:
            PARENT.tell({"test": str(test), "outcome": "failed", "seconds": 0, "detail": str(err[1])})

    def addFailure(self, test, err):
        self.addError(test, err)

    def addSkip(self, test, reason):
        super(Reporter, self).addSkip(test, reason)
        self._note("skipped", str(reason))


def short_id(test):
    return test.id().replace("kazoo.tests.", "", 1)


def each_test(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            for test in each_test(item):
                yield test
        else:
            yield item


def load(names):
    import kazoo.tests
    modules = sorted(module.name for module in pkgutil.iter_modules(kazoo.tests.__path__))
    if not names:
        names = [name for name in modules if name.startswith("test_")]
    loader = unittest.TestLoader()
    for name in names:
        for test in each_test(loader.loadTestsFromName("kazoo.tests." + name)):
            yield test


def main():
    install_stand_ins()
    logging.disable(logging.CRITICAL)
    import kazoo.testing.harness
    import kazoo.version
    kazoo.testing.harness.ZookeeperCluster = SuiteCluster
    PARENT.tell({"kazoo": kazoo.version.__version__})
    arguments = sys.argv[1:]
    if arguments == ["--list"]:
        PARENT.tell({"tests": [short_id(test) for test in load([])]})
    else:
        signal.signal(signal.SIGALRM, too_long)
        unittest.TestSuite(load(arguments)).run(Reporter())
    PARENT.tell({"done": True})
    # Threads of a test that failed must not keep us alive.
    os._exit(0)


main()
