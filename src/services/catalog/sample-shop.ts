/** The shop a newcomer finds: the products that the documented examples order, and a believable shop around them. */
import { ProductCreated } from '../../contracts/catalog.ts';
import { toMinor } from '../../contracts/money.ts';
import type { Database } from '../../platform/database.ts';
import { openingAvailability } from './product.ts';
import { insertProducts, isEmpty } from './store.ts';

const CURRENCY = 'USD';

export interface SampleProduct {
  product_id: string;
  name: string;
  description: string;
  category: string;
  /** Decimal amount in USD. */
  price: string;
  stock: number;
}

const product = (
  product_id: string,
  name: string,
  price: string,
  stock: number,
  category: string,
  description: string,
): SampleProduct => ({ product_id, name, price, stock, category, description });

export const SAMPLE_SHOP: readonly SampleProduct[] = [
  product(
    '1',
    'Laptop Pro 14',
    '1299.99',
    500,
    'Computers',
    'A 14-inch laptop with a bright 120 Hz display, 16 GB of memory and a battery that lasts a long-haul flight.',
  ),
  product(
    '123',
    'Laptop',
    '999.00',
    10,
    'Computers',
    'A dependable 15-inch laptop for school and office: quiet, sturdy, and with every port you still need.',
  ),
  product(
    '456',
    'Mouse',
    '25.00',
    100,
    'Accessories',
    'A wireless mouse with a silent click and a battery that lasts a year. Fits either hand.',
  ),
  product(
    'PROD001',
    'Wireless Headphones',
    '79.99',
    500,
    'Audio',
    'Over-ear headphones with active noise cancelling, 30 hours of playback and soft memory-foam cushions.',
  ),
  product(
    'PROD002',
    'Phone Case',
    '29.99',
    500,
    'Accessories',
    'A slim case with raised edges that survives a two-metre drop. Made from recycled plastic.',
  ),
  product(
    'PROD003',
    'USB-C Charger 65 W',
    '39.99',
    250,
    'Accessories',
    'Charges a laptop and a phone at the same time, and is no bigger than a matchbox.',
  ),
  product(
    'PROD004',
    'Bluetooth Speaker',
    '59.99',
    180,
    'Audio',
    'A waterproof speaker with a surprisingly deep sound for its size. Twelve hours on one charge.',
  ),
  product(
    'PROD005',
    'Smart Watch',
    '199.99',
    120,
    'Wearables',
    'Tracks sleep, heart rate and every kind of sport, and goes a week without the charger.',
  ),
  product(
    'KB-75-BRN',
    'Mechanical Keyboard 75 %',
    '119.00',
    150,
    'Accessories',
    'A compact keyboard with tactile brown switches, hot-swappable, in an aluminium frame.',
  ),
  product(
    'MON-27-4K',
    'Monitor 27" 4K',
    '449.00',
    80,
    'Computers',
    'A colour-accurate 4K display that charges the laptop through the one cable it needs.',
  ),
  product(
    'HUB-7',
    'USB-C Hub, 7 Ports',
    '49.50',
    300,
    'Accessories',
    'HDMI, Ethernet, SD cards and three USB ports from a single connector.',
  ),
  product(
    'CAM-1080',
    'Webcam Full HD',
    '69.90',
    140,
    'Computers',
    'Sharp video in poor light, two microphones and a shutter for when the meeting is over.',
  ),
  product(
    'LAMP-DESK',
    'Desk Lamp',
    '54.00',
    90,
    'Home',
    'A dimmable lamp with warm and cool light and a small footprint. Remembers how you left it.',
  ),
  product(
    'MUG-NAVY',
    'Stoneware Mug',
    '14.50',
    400,
    'Home',
    'Hand-glazed in navy blue, holds 350 ml, goes into the dishwasher.',
  ),
  product(
    'KETTLE-1L',
    'Gooseneck Kettle 1 l',
    '89.00',
    70,
    'Home',
    'Pours in a thin, steady stream and holds the temperature to the degree. For coffee and for tea.',
  ),
  product(
    'BAG-TOTE',
    'Canvas Tote Bag',
    '19.00',
    350,
    'Bags',
    'Heavy organic cotton with an inner pocket. Carries the groceries and a 14-inch laptop.',
  ),
  product(
    'BAG-PACK-22',
    'Backpack 22 l',
    '98.00',
    110,
    'Bags',
    'Weatherproof, with a padded sleeve for a laptop and a back that lets the air through.',
  ),
  product(
    'BOTTLE-750',
    'Steel Bottle 750 ml',
    '27.90',
    260,
    'Outdoor',
    'Double-walled steel: cold for a day, hot for half of one. Does not leak, does not sweat.',
  ),
  product(
    'TENT-2P',
    'Two-Person Tent',
    '229.00',
    60,
    'Outdoor',
    'Stands in three minutes, weighs 1.9 kg and has kept people dry in Scottish summers.',
  ),
  product(
    'BAND-FIT',
    'Fitness Band',
    '44.99',
    220,
    'Wearables',
    'Steps, pulse and sleep on a band so light that you forget it. Two weeks on a charge.',
  ),
  product(
    'NOTE-A5',
    'Dotted Notebook A5',
    '12.90',
    500,
    'Stationery',
    '160 numbered pages of 100 g paper that takes a fountain pen, with an index and two ribbons.',
  ),
];

/**
 * Fills an empty catalogue, in one transaction and once, however many replicas start. A catalogue that ever had a
 * product, archived ones included, is left alone. Of replicas that both found it empty the second waits for the first
 * one's rows and then has nothing to insert or announce. Answers with the ids of the
 * messages that tell of it.
 */
export async function loadSampleShop(db: Database): Promise<string[]> {
  return db.transaction(async (tx) => {
    if (!(await isEmpty(tx))) return [];
    const rows = SAMPLE_SHOP.map(({ stock, price, ...facts }) => ({
      ...facts,
      price: toMinor(price, CURRENCY) as number,
      currency: CURRENCY,
      availability: openingAvailability(stock),
    }));
    const versions = new Map((await insertProducts(tx, rows)).map((row) => [row.product_id, row.version]));
    return SAMPLE_SHOP.flatMap(({ product_id, name, price, stock }) => {
      const version = versions.get(product_id);
      if (!version) return [];
      return [tx.send(ProductCreated, { product_id, name, price, currency: CURRENCY, version, stock })];
    });
  });
}
