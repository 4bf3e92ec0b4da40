// The AWS SDK for JavaScript with its defaults, on a server that nobody configured: node defaults.mjs BUCKET, endpoint, region
// and credentials in the environment.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  CopyObjectCommand, CreateBucketCommand, DeleteBucketCommand, DeleteObjectsCommand, GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand, GetObjectCommand, GetObjectTaggingCommand, ListObjectsV2Command, PutObjectCommand,
  PutObjectTaggingCommand, S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

const bucket = process.argv[2];
const s3 = new S3Client({});
const send = (Command, input = {}) => s3.send(new Command({ Bucket: bucket, ...input }));
const bytes = async (response) => Buffer.from(await response.Body.transformToByteArray());
const large = randomBytes(20_000_000);

await send(CreateBucketCommand);
await send(PutObjectCommand, { Key: 'small', Body: 'small' });
await new Upload({ client: s3, params: { Bucket: bucket, Key: 'large', Body: large } }).done();
assert.deepEqual(await bytes(await send(GetObjectCommand, { Key: 'large' })), large);
await send(CopyObjectCommand, { Key: 'copy', CopySource: `${bucket}/large` });
await send(PutObjectTaggingCommand, { Key: 'small', Tagging: { TagSet: [{ Key: 'colour', Value: 'blue' }] } });
assert.equal((await send(GetObjectTaggingCommand, { Key: 'small' })).TagSet[0].Value, 'blue');
await assert.rejects(send(GetBucketLifecycleConfigurationCommand), { name: 'NoSuchLifecycleConfiguration' });
assert.equal((await send(GetBucketNotificationConfigurationCommand)).QueueConfigurations, undefined);

const put = await fetch(await getSignedUrl(s3, new PutObjectCommand({ Bucket: bucket, Key: 'signed' })), { method: 'PUT', body: 'by URL' });
assert.equal(put.status, 200, await put.text());
const got = await fetch(await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: 'signed' })));
assert.equal(await got.text(), 'by URL');

const keys = (await send(ListObjectsV2Command)).Contents.map(({ Key }) => ({ Key }));
assert.equal(keys.length, 4);
await send(DeleteObjectsCommand, { Delete: { Objects: keys } });
await send(DeleteBucketCommand);
