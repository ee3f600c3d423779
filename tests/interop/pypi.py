"""Signs, verifies and bakes with the libraries of requirements.txt, without the web: what they look up is answered
from the request, or by a node on loopback. One request as JSON on standard input, one line of answers on standard
output.

  {"documents": {URL: document}, "jobs": [JOB, …]}
  JOB: {"library": "openbadgeslib", "do": "verify", "credential"}
       {"library": "openbadgeslib", "do": "sign", "credential"}    the issuer's id becomes the did:key of this run
       {"library": "openbadgeslib", "do": "list", "id", "set": [index, …]}
       {"library": either, "do": "bake", "image", "text"}          image and answer in base64
       {"library": either, "do": "extract", "image"}
"""
import base64
import datetime
import io
import json
import socket
import sys
import urllib.request

request = json.load(sys.stdin)
answers_to, sys.stdout = sys.stdout, sys.stderr

connect = socket.socket.connect


def on_loopback_only(self, address):
    if self.family != socket.AF_UNIX and address[0] != "127.0.0.1":
        raise OSError("nothing is fetched from the web: %r" % (address,))
    return connect(self, address)


socket.socket.connect = on_loopback_only

import openbadges_bakery  # noqa: E402
from cryptography.hazmat.primitives import serialization as forms  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402
from openbadgeslib import baking, ob3  # noqa: E402

private_key = Ed25519PrivateKey.generate()
private_pem = private_key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
public_pem = private_key.public_key().public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
did = ob3.did_key_from_pem(public_pem)
method = "%s#%s" % (did, did[len("did:key:"):])


def download(url):
    document = request["documents"].get(url)
    if document is not None:
        return json.dumps(document).encode()
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read(1 << 20)


def verify(job):
    """Twice, so that the signature and the status are told apart. The proof of a list that isn't a JWT can't be
    checked by this library, so it is left out."""
    credential = job["credential"]
    try:
        ob3.OB3LdpVerifier().verify(credential, download=download)
    except ob3.OB3VerificationError as error:
        return {"verified": False, "signature": False, "status": None, "said": str(error)}
    if "credentialStatus" not in credential:
        return {"verified": True, "signature": True, "status": None, "said": ""}
    try:
        ob3.OB3LdpVerifier().verify(credential, check_status=True, verify_status_list=False, download=download)
    except ob3.OB3VerificationError as error:
        status = "set" if "is set at index" in str(error) else "unknown"
        return {"verified": False, "signature": True, "status": status, "said": str(error)}
    return {"verified": True, "signature": True, "status": "clear", "said": ""}


def sign(job):
    credential = job["credential"]
    credential["issuer"]["id"] = did
    return {"credential": ob3.add_data_integrity_proof(credential, private_pem, method)}


def status_list(job):
    begun = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
    unsigned = ob3.build_status_list_credential(did, job["id"], "revocation", job["set"], issued=begun)
    return {"credential": ob3.add_data_integrity_proof(unsigned, private_pem, method)}


def bake(job):
    image, text = base64.b64decode(job["image"]), job["text"]
    is_png = image.startswith(b"\x89PNG")
    if job["library"] == "openbadges-bakery":
        file = io.BytesIO(image)
        baked = openbadges_bakery.bake(file, text).read()
    elif is_png:
        baked = baking.bake_png(image, text, keyword=baking.ITXT_KEYWORD_OB3)
    else:
        baked = baking.bake_svg(
            image, text, element=baking.SVG_ELEMENT_OB3, namespace=baking.SVG_NS_OB3, as_text=True)
    return {"image": base64.b64encode(baked).decode()}


def extract(job):
    image = base64.b64decode(job["image"])
    is_png = image.startswith(b"\x89PNG")
    if job["library"] == "openbadges-bakery":
        text = openbadges_bakery.unbake(io.BytesIO(image))
    elif is_png:
        text = baking.extract_png(image, keyword=baking.ITXT_KEYWORD_OB3)
    else:
        text = baking.extract_svg(image, element=baking.SVG_ELEMENT_OB3, text_fallback=True)
    return {"text": text}


DO = {"verify": verify, "sign": sign, "list": status_list, "bake": bake, "extract": extract}


def answer(job):
    try:
        return DO[job["do"]](job)
    except Exception as error:  # whatever a library raises is its answer
        return {"error": "%s: %s" % (type(error).__name__, error)}


json.dump([answer(job) for job in request["jobs"]], answers_to)
answers_to.write("\n")
