"""What people do first, with a client made by openapi-python-client."""

import os

from generated import AuthenticatedClient, Client
from generated.api.auth import auth_login
from generated.api.children import child_create, child_list, child_view
from generated.api.institutions import institution_create
from generated.api.users import password_reset
from generated.models import AccessToken, Child, Error, Gender, Institution, Login, NewChild, NewInstitution, ResetPassword

url = os.environ["DEMO_URL"]
anonymous = Client(base_url=url)
login = auth_login.sync(client=anonymous, body=Login(username="admin", password="ocariot-demo"))
assert isinstance(login, AccessToken), login
client = AuthenticatedClient(base_url=url, token=login.access_token)

school = institution_create.sync(client=client, body=NewInstitution(name="Python School", type_="School"))
assert isinstance(school, Institution), school
child = child_create.sync(
    client=client,
    body=NewChild(username="PY0001", password="first", institution_id=school.id, gender=Gender.FEMALE, age=9),
)
assert isinstance(child, Child) and child.age == "9", child

found = child_list.sync_detailed(client=client, username="PY*", limit=5)
assert isinstance(found.parsed, list) and [one.id for one in found.parsed] == [child.id], found
assert found.headers["X-Total-Count"] == "1", found.headers

reset = password_reset.sync_detailed(child.id, client=client, body=ResetPassword(new_password="next"))
assert reset.status_code == 204, reset
again = auth_login.sync(client=anonymous, body=Login(username="PY0001", password="next"))
assert isinstance(again, AccessToken), again

absent = child_view.sync("507f191e810c19729de860ea", client=client)
assert isinstance(absent, Error) and (absent.code, absent.message) == (404, "Child not found!"), absent
