// aws-sdk-js: node aws-sdk-js.mjs ENDPOINT BUCKET, credentials in the environment.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand, CreateBucketCommand, DeleteBucketCommand, DeleteBucketCorsCommand, DeleteObjectsCommand,
  GetBucketCorsCommand, GetObjectAttributesCommand, PutBucketCorsCommand,
  GetObjectCommand, HeadObjectCommand, PutBucketVersioningCommand, PutObjectCommand, PutObjectTaggingCommand,
  GetObjectTaggingCommand, S3Client, ListObjectVersionsCommand, paginateListObjectsV2,
  waitUntilObjectExists,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

const [endpoint, bucket] = process.argv.slice(2);
const s3 = new S3Client({ endpoint, forcePathStyle: true, maxAttempts: 2 });
const send = (Command, input = {}) => s3.send(new Command({ Bucket: bucket, ...input }));
const bytes = async (response) => Buffer.from(await response.Body.transformToByteArray());
const refused = (promise, name, status) =>
  assert.rejects(promise, (error) => error.name === name && error.$metadata.httpStatusCode === status);

const large = randomBytes(17_000_000);

const checks = {
  async a_bucket_is_made() {
    await send(CreateBucketCommand);
    await refused(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'nothing' })), 'NotFound', 404);
  },
  async an_object_goes_up_and_down() {
    const put = await send(PutObjectCommand, {
      Key: 'a +é.txt', Body: 'hello', ContentType: 'text/x-check', Metadata: { colour: 'blue' }, ChecksumAlgorithm: 'SHA256',
    });
    assert.equal(put.ETag, '"5d41402abc4b2a76b9719d911017c592"');
    const got = await send(GetObjectCommand, { Key: 'a +é.txt', ChecksumMode: 'ENABLED' });
    assert.equal((await bytes(got)).toString(), 'hello');
    assert.deepEqual([got.ContentType, got.Metadata], ['text/x-check', { colour: 'blue' }]);
    assert.equal(got.ChecksumSHA256, 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=');
  },
  async a_stream_of_known_length_has_a_trailer() {
    const pieces = [large.subarray(0, 100_000), large.subarray(100_000, 300_000)];
    await send(PutObjectCommand, { Key: 'stream', Body: Readable.from(pieces), ContentLength: 300_000 });
    const got = await send(GetObjectCommand, { Key: 'stream', Range: 'bytes=99990-100009' });
    assert.deepEqual(await bytes(got), large.subarray(99_990, 100_010));
    assert.equal(got.ContentRange, 'bytes 99990-100009/300000');
  },
  async parts_go_up_at_the_same_time() {
    const upload = new Upload({
      client: s3, params: { Bucket: bucket, Key: 'parts', Body: Readable.from([large]) }, partSize: 5 << 20, queueSize: 4,
    });
    const done = await upload.done();
    assert.match(done.ETag, /-4"$/);
    assert.deepEqual(await bytes(await send(GetObjectCommand, { Key: 'parts' })), large);
    const attributes = await send(GetObjectAttributesCommand, { Key: 'parts', ObjectAttributes: ['ObjectParts', 'ObjectSize'] });
    assert.deepEqual([attributes.ObjectSize, attributes.ObjectParts.TotalPartsCount], [large.length, 4]);
  },
  async an_upload_can_be_given_up() {
    const upload = new Upload({ client: s3, params: { Bucket: bucket, Key: 'aborted', Body: large }, partSize: 5 << 20 });
    const done = upload.done();
    await upload.abort();
    await assert.rejects(done, { name: 'AbortError' });
    await refused(send(HeadObjectCommand, { Key: 'aborted' }), 'NotFound', 404);
  },
  async conditions_hold() {
    const { ETag } = await send(HeadObjectCommand, { Key: 'stream' });
    await refused(send(PutObjectCommand, { Key: 'stream', Body: 'x', IfNoneMatch: '*' }), 'PreconditionFailed', 412);
    await refused(send(PutObjectCommand, { Key: 'stream', Body: 'x', IfMatch: '"0"' }), 'PreconditionFailed', 412);
    await send(PutObjectCommand, { Key: 'stream', Body: 'x', IfMatch: ETag });
    await assert.rejects(send(GetObjectCommand, { Key: 'stream', IfNoneMatch: '*' }), (error) => error.$metadata.httpStatusCode === 304);
  },
  async a_copy_and_its_tags() {
    await send(PutObjectTaggingCommand, { Key: 'stream', Tagging: { TagSet: [{ Key: 'a', Value: 'b c' }] } });
    await send(CopyObjectCommand, { Key: 'copy', CopySource: `${bucket}/stream` });
    await waitUntilObjectExists({ client: s3, maxWaitTime: 10 }, { Bucket: bucket, Key: 'copy' });
    assert.deepEqual((await send(GetObjectTaggingCommand, { Key: 'copy' })).TagSet, [{ Key: 'a', Value: 'b c' }]);
  },
  async presigned_urls_work_without_the_sdk() {
    const options = { expiresIn: 60 };
    // Otherwise the URL promises the checksum of the body that it has while it is signed: none.
    const signer = new S3Client({ endpoint, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
    const up = await getSignedUrl(signer, new PutObjectCommand({ Bucket: bucket, Key: 'by url' }), options);
    assert.equal((await fetch(up, { method: 'PUT', body: 'by url' })).status, 200);
    const down = await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: 'by url' }), options);
    assert.equal(await (await fetch(down)).text(), 'by url');
    assert.equal((await fetch(down.replace('X-Amz-Expires=60', 'X-Amz-Expires=61'))).status, 403);
  },
  async a_page_of_another_origin_is_told_what_it_may() {
    const rule = { AllowedOrigins: ['https://*.example.com'], AllowedMethods: ['GET', 'PUT'], AllowedHeaders: ['*'], ExposeHeaders: ['ETag'] };
    await send(PutBucketCorsCommand, { CORSConfiguration: { CORSRules: [rule] } });
    assert.deepEqual((await send(GetBucketCorsCommand)).CORSRules, [rule]);
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: 'by url' }), { expiresIn: 60 });
    // A script outside of browsers may say where it comes from.
    const from = (origin, method, headers = {}) => fetch(url, { method, headers: { origin, ...headers } });
    const asked = await from('https://www.example.com', 'OPTIONS', {
      'access-control-request-method': 'GET', 'access-control-request-headers': 'Range',
    });
    assert.deepEqual([asked.status, asked.headers.get('access-control-allow-headers')], [200, 'range']);
    const got = await from('https://www.example.com', 'GET', { range: 'bytes=0-1' });
    assert.deepEqual([got.status, got.headers.get('access-control-allow-origin')], [206, 'https://www.example.com']);
    const elsewhere = await from('https://example.org', 'GET');
    assert.deepEqual([elsewhere.status, elsewhere.headers.get('access-control-allow-origin')], [200, null]);
    await send(DeleteBucketCorsCommand);
    assert.equal((await from('https://www.example.com', 'OPTIONS', { 'access-control-request-method': 'GET' })).status, 403);
  },
  async listings_have_pages() {
    const keys = Array.from({ length: 25 }, (_, number) => `many/${String(number).padStart(2, '0')}`);
    await Promise.all(keys.map((Key) => send(PutObjectCommand, { Key, Body: Key })));
    const listed = [];
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 10 }, { Bucket: bucket, Prefix: 'many/' })) {
      listed.push(...page.Contents.map((entry) => entry.Key));
    }
    assert.deepEqual(listed, keys);
  },
  async versions_are_kept_and_everything_is_removed() {
    await send(PutBucketVersioningCommand, { VersioningConfiguration: { Status: 'Enabled' } });
    const { VersionId } = await send(PutObjectCommand, { Key: 'copy', Body: 'second' });
    assert.equal((await bytes(await send(GetObjectCommand, { Key: 'copy', VersionId }))).toString(), 'second');
    const { Versions, IsTruncated } = await send(ListObjectVersionsCommand);
    assert.equal(IsTruncated, false);
    const Objects = Versions.map(({ Key, VersionId }) => ({ Key, VersionId }));
    const deleted = await send(DeleteObjectsCommand, { Delete: { Objects } });
    assert.deepEqual([deleted.Deleted.length, deleted.Errors], [Objects.length, undefined]);
    await send(DeleteBucketCommand);
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error.stack ?? error).split('\n').slice(0, 6).join('\n      ')}`);
  }
}
console.log(`aws-sdk-js: ${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
