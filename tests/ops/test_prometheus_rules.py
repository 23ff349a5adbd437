"""What is scraped, what alerts go by and what the dashboard shows are the same metrics, and promtool accepts them."""

import json
import re
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest
import yaml

from tests.conftest import Stage
from tests.ops.conftest import short_call

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
_NAME = re.compile(r"\b(?:stagedoor|process)_\w+")
_PARTS_OF_A_HISTOGRAM = re.compile(r"_(?:bucket|count|sum)$")


def promtool(*words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    assert program, "promtool is missing: scripts/test-tools installs it"
    return subprocess.run([program, *words], input=stdin, capture_output=True, text=True, timeout=60, check=False)


async def scraped(stage: Stage) -> str:
    """/metrics after a call, a denial, a refusal and a proven backup, so that every metric is there."""
    await short_call(stage, stage.mia)
    await stage.mia.ask("POST", "/api/calls/initiate", {"fanId": str(uuid.uuid4()), "callType": "voice"})
    await stage.sql("INSERT INTO events (type) VALUES ('backup.verified')")
    await stage.sam.ask("PATCH", "/api/fans/me", {"allowCalls": "everyone"})
    await stage.house.guard.look()
    await stage.house.tally.flush()
    answer = await stage.ops.ask("GET", "/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    return answer.text


def families(text: str) -> set[str]:
    return {line.split(" ")[2] for line in text.splitlines() if line.startswith("# TYPE")}


def used(expressions: list[str], existing: set[str]) -> set[str]:
    """The metrics that expressions name; a histogram by its own name, whichever part is asked for."""
    names = {name for expression in expressions for name in _NAME.findall(expression)}
    return {name if name in existing else _PARTS_OF_A_HISTOGRAM.sub("", name) for name in names}


def of_dashboard() -> list[str]:
    dashboard = json.loads((DEPLOY / "grafana" / "stagedoor.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]


async def test_promtool_accepts_what_is_scraped(stage: Stage) -> None:
    checked = promtool("check", "metrics", stdin=await scraped(stage))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


async def test_the_dashboard_shows_every_metric_that_exists_and_no_other(stage: Stage) -> None:
    existing = families(await scraped(stage))
    shown = used(of_dashboard(), existing)
    assert shown - existing == set(), "the dashboard asks for what nobody tells"
    assert existing - shown == set(), "the dashboard leaves out what is told"


async def test_the_rules_go_by_metrics_that_exist(stage: Stage) -> None:
    existing = families(await scraped(stage))
    groups = yaml.safe_load(RULES.read_text())["groups"]
    expressions = [re.sub(r"\bstagedoor:\w+:\w+", "", rule["expr"]) for group in groups for rule in group["rules"]]
    assert used(expressions, existing) - existing == set()


async def test_the_scrape_says_what_happened(stage: Stage) -> None:
    text = await scraped(stage)
    assert 'stagedoor_denials_total{reason="unknown_fan"}' in text
    assert 'stagedoor_refusals_total{code="FAN_UNAVAILABLE"}' in text
    for sample in (
        'stagedoor_funnel_calls{step="connected",window="hour"} 1.0',
        'stagedoor_connect_ratio{window="hour"} 1.0',
        'stagedoor_flag_share{flag="FEATURE_CALLS"} 1.0',
        "stagedoor_database_up 1.0",
        "stagedoor_rollout_step 0.0",
    ):
        assert sample in text, sample


async def test_without_the_database_the_processes_own_figures_are_still_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(stage.house.database, "_pool", None)
        away.setattr(stage.house.database, "_at_hand", [])
        answer = await stage.http.get("/metrics")
    assert answer.status_code == 200
    assert "stagedoor_database_up 0.0" in answer.text and "stagedoor_http_requests_total" in answer.text


def test_promtool_accepts_the_rules_and_their_tests() -> None:
    for words in (("check", "rules", str(RULES)), ("test", "rules", str(RULES.with_name("rules_test.yml")))):
        checked = promtool(*words)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_is_tested_and_leads_to_a_runbook() -> None:
    alerts = [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"] if "alert" in rule
    ]
    tests = yaml.safe_load(RULES.with_name("rules_test.yml").read_text())["tests"]
    fired = {case["alertname"] for one in tests for case in one.get("alert_rule_test", ()) if case["exp_alerts"]}
    assert fired == {alert["alert"] for alert in alerts}
    runbooks = (DEPLOY.parent / "docs" / "operations.md").read_text()
    headings = {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in runbooks.splitlines()}
    for alert in alerts:
        file, _, anchor = alert["annotations"]["runbook"].partition("#")
        assert file == "docs/operations.md" and anchor in headings, alert["annotations"]["runbook"]


def test_promtool_accepts_the_configuration() -> None:
    checked = promtool("check", "config", str(DEPLOY / "prometheus" / "prometheus.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
