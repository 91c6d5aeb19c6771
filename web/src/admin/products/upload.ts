/** Sends a picture and tells how far it has come, which fetch cannot. */
import { type Image, UploadImage } from '../../../../src/contracts/catalog.ts';
import { addressOf, Problem } from '../../api/http.ts';
import { token } from '../../api/session.ts';

export interface UploadOptions {
  productId: string;
  file: File;
  /** Idempotency-Key of this picture. */
  key: string;
  /** From 0 to 1; at 1 the shop is still drawing its sizes. */
  onProgress: (part: number) => void;
}

export async function uploadPicture({ productId, file, key, onProgress }: UploadOptions): Promise<Image> {
  const access = await token();
  const form = new FormData();
  form.set('file', file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(UploadImage.method, addressOf(UploadImage, { params: { product_id: productId } }));
    if (access) request.setRequestHeader('authorization', `Bearer ${access}`);
    request.setRequestHeader('idempotency-key', key);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response);
      else reject(new Problem(request.response ?? {}, request.status, request.getResponseHeader('retry-after')));
    };
    request.onerror = () =>
      reject(new Problem({ title: 'The picture did not arrive', detail: 'Check the connection and try again.' }, 0));
    request.send(form);
  });
}
