/** A KServe InferenceService: Triton predicts, a whylight origin explains. */

export interface KServeOptions {
  /** Name of the service. */
  readonly name: string;
  /** Address of the model repository for KServe's storage initializer: `s3://`, `gs://`, `pvc://`. */
  readonly storageUri: string;
  /** Image of the origin, built with the Dockerfile of this project. */
  readonly image: string;
  /** Folder of the model with its manifest, inside the image: absolute, or from the image's working directory. */
  readonly model: string;
  readonly gpu: boolean;
}

/** YAML for `kubectl apply`. */
export function kserveService({ name, storageUri, image, model, gpu }: KServeOptions): string {
  return `apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: ${name}
spec:
  predictor:
    model:
      modelFormat:
        name: triton
      protocolVersion: v2
      storageUri: ${JSON.stringify(storageUri)}${gpu ? '\n      resources:\n        limits:\n          nvidia.com/gpu: 1' : ''}
  explainer:
    containers:
      - name: kserve-container
        image: ${JSON.stringify(image)}
        args: ["--model", ${JSON.stringify(model)}, "--host", "0.0.0.0", "--port", "8080", "--inference-server", "http://${name}-predictor"]
        ports:
          - containerPort: 8080
            protocol: TCP
        readinessProbe:
          httpGet:
            path: /v2/health/ready
            port: 8080
`;
}
