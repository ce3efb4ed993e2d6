"""The client that openapi-python-client makes from our document: infers, explains, and manages a tenant.

python generated_client.py <address of the server> <key of an operator, or -> <folder of the generated package>
"""
import sys

ADDRESS, KEY, FOLDER = sys.argv[1:4]
sys.path.insert(0, FOLDER)

from report import Report  # noqa: E402
from whylight_client import AuthenticatedClient, Client  # noqa: E402
from whylight_client.api.explanations import explain, list_methods  # noqa: E402
from whylight_client.api.models import get_model, infer  # noqa: E402
from whylight_client.models import InferenceRequest  # noqa: E402

report = Report("openapi-python-client")
CLIENT = Client(base_url=ADDRESS)
SERIES = [0.1 * i for i in range(24)]
TENSOR = {"name": "series", "datatype": "FP32", "shape": [1, 1, 24], "data": SERIES}


def body(**parameters):
    return InferenceRequest.from_dict({"inputs": [TENSOR], **({"parameters": parameters} if parameters else {})})


def outputs(answer):
    names = [output.name for output in answer.outputs]
    assert names, answer
    return names


report.check("get_model", lambda: get_model.sync(client=CLIENT, model="italy_power").name)
report.check("list_methods", lambda: len(list_methods.sync(client=CLIENT).methods))
report.check("infer", lambda: outputs(infer.sync(client=CLIENT, model="italy_power", body=body())))
report.check("explain", lambda: outputs(explain.sync(client=CLIENT, model="italy_power", body=body(method="saliency"))))


def mistake():
    answer = explain.sync_detailed(client=CLIENT, model="nope", body=body())
    assert answer.status_code == 404 and answer.parsed.code == "model_not_found", answer
    return answer.parsed.detail


report.check("a problem is typed", mistake)

if KEY == "-":
    report.add("admin", "skip", "this server has no admin API")
else:
    from whylight_client.api.admin import create_key, put_tenant
    from whylight_client.models import KeyRequest, TenantPolicy

    ADMIN = AuthenticatedClient(base_url=ADDRESS, token=KEY)
    policy = TenantPolicy.from_dict({"description": "Made by a generated client."})
    report.check("put_tenant", lambda: put_tenant.sync(client=ADMIN, tenant="generated", body=policy, if_none_match="*").id)
    report.check("create_key", lambda: create_key.sync(client=ADMIN, tenant="generated", body=KeyRequest()).id)
