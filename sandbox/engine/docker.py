"""Networks, volumes and containers as the embedded engine is asked for them. What is as asked for stays."""


def labels(entries):
    return {entry["label"]: entry["value"] for entry in entries}


def network(wanted):
    found = ask("GET", f"/networks/{quote(wanted['name'])}", allowed=(404,))
    if found and found["Internal"] == wanted["internal"] and found["Options"] == wanted["options"]:
        return "unchanged"
    if found:
        ask("DELETE", f"/networks/{quote(wanted['name'])}")
    ask("POST", "/networks/create", {"Name": wanted["name"], "Driver": wanted["driver"], "Internal": wanted["internal"],
                                     "EnableIPv6": wanted["ipv6"], "Options": wanted["options"], "Labels": labels(wanted["labels"])})
    return "changed"


def volume(wanted):
    if ask("GET", f"/volumes/{quote(wanted['name'])}", allowed=(404,)):
        return "unchanged"
    ask("POST", "/volumes/create", {"Name": wanted["name"], "Labels": labels(wanted["labels"])})
    return "changed"


def container(wanted):
    """Kept when the label with the hash of what is asked for matches and it runs; else made anew, the old one of its name first gone."""
    name, request = wanted["name"], wanted["request"]
    found = ask("GET", f"/containers/{quote(name)}/json", allowed=(404,))
    if found:
        same = found["Config"]["Labels"].get("phiward.inputs") == wanted["hash"]
        if same and found["State"]["Running"] and found["State"]["Health"]["Status"] == "healthy":
            return "unchanged"
        remove_container(name, wanted["grace"])
    request["Labels"]["phiward.inputs"] = wanted["hash"]
    start_healthy(name, request, wanted["seconds"])
    return "changed"


def sweep(wanted):
    """Removes what the program no longer has, as Pulumi does last of all."""
    filters = quote(json.dumps({"label": ["phiward.service"]}))
    gone = []
    for found in ask("GET", f"/containers/json?all=true&filters={filters}"):
        name = found["Names"][0].lstrip("/")
        if name not in wanted["containers"]:
            remove_container(name, 30)
            gone.append(name)
    for found in ask("GET", f"/networks?filters={filters}"):
        if found["Name"] not in wanted["networks"]:
            ask("DELETE", f"/networks/{quote(found['Name'])}")
            gone.append(found["Name"])
    return gone


try:
    answer = {"network": network, "volume": volume, "container": container, "sweep": sweep}[REQUEST["kind"]](REQUEST["wanted"])
    print(json.dumps({"status": answer}, separators=(",", ":")))
except (Failed, OSError) as error:
    print(error, file=sys.stderr)
    sys.exit(1)
