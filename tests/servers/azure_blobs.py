"""Puts files into a container of a blob store, signs the address of a blob, or makes a token for the container.

azure_blobs.py CONNECTION upload FOLDER
azure_blobs.py CONNECTION sign BLOB SECONDS
azure_blobs.py CONNECTION token SECONDS
"""

import datetime
import pathlib
import sys

from azure.storage.blob import BlobSasPermissions, BlobServiceClient, ContainerSasPermissions
from azure.storage.blob import generate_blob_sas, generate_container_sas

connection, what, *more = sys.argv[1:]
service = BlobServiceClient.from_connection_string(connection)
if what == "upload":
    container = service.create_container("imagery")
    folder = pathlib.Path(more[0])
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        container.upload_blob(str(file.relative_to(folder)), file.read_bytes())
elif what == "token":
    now = datetime.datetime.now(datetime.timezone.utc)
    print(
        generate_container_sas(
            service.account_name,
            "imagery",
            account_key=service.credential.account_key,
            permission=ContainerSasPermissions(read=True, list=True),
            start=now - datetime.timedelta(hours=2),
            expiry=now + datetime.timedelta(seconds=int(more[0])),
        )
    )
else:
    blob, seconds = more[0], int(more[1])
    now = datetime.datetime.now(datetime.timezone.utc)
    print(
        generate_blob_sas(
            service.account_name,
            "imagery",
            blob,
            account_key=service.credential.account_key,
            permission=BlobSasPermissions(read=True),
            start=now - datetime.timedelta(hours=2),
            expiry=now + datetime.timedelta(seconds=seconds),
        )
    )
