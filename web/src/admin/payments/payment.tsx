/** A payment is shown with its order: this finds it. */
import { useQuery } from '@tanstack/react-query';
import { Navigate, useParams } from 'react-router';
import { GetPayment } from '../../../../src/contracts/payments.ts';
import { call } from '../../api/client.ts';
import { Failure } from '../../ui/kit.tsx';
import { isMissing, NoPage } from '../no-page.tsx';
import { PageHead } from '../page-head.tsx';

export function PaymentPage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ['payments', id],
    queryFn: ({ signal }) => call(GetPayment, { params: { id }, signal }),
  });
  if (data) return <Navigate to={`/orders/${data.order_id}`} replace />;
  if (isMissing(error)) return <NoPage what="payment" />;
  return (
    <div className="page">
      <PageHead title="Payment" back={{ to: '/payments', label: 'Payments' }} />
      {error && <Failure error={error} retry={() => void refetch()} />}
    </div>
  );
}
