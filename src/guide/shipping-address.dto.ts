import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Length, Matches, ValidateBy, type ValidationArguments } from 'class-validator';

/** Formats of the countries whose addresses are known; elsewhere anything short goes. */
const postalCodes: Record<string, RegExp | undefined> = {
  US: /^\d{5}(-\d{4})?$/,
  IN: /^[1-9]\d{2} ?\d{3}$/,
  CA: /^[A-Z]\d[A-Z][ -]?\d[A-Z]\d$/i,
  GB: /^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/i,
  AU: /^\d{4}$/,
  DE: /^\d{5}$/,
  FR: /^\d{5}$/,
};
const anyPostalCode = /^[A-Z\d][A-Z\d -]{0,31}$/i;

/** Taxes go by them, so a name that is spelt out or misspelt would be taxed wrongly. */
const usStates = new Set(
  (
    'AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR ' +
    'PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI AA AE AP'
  ).split(' '),
);
const withoutStates = new Set(['GB', 'DE', 'FR']);

const countryOf = ({ object }: ValidationArguments): string => {
  const { country } = object as { country?: unknown };
  return typeof country === 'string' ? country.toUpperCase() : '';
};

const IsLine = (): PropertyDecorator =>
  applyDecorators(Matches(/\S/, { message: '$property must not be blank' }), Length(1, 256), IsString());

const IsPostalCode = (): PropertyDecorator =>
  ValidateBy({
    name: 'isPostalCode',
    validator: {
      validate: (value, place) =>
        typeof value === 'string' &&
        ((place && postalCodes[countryOf(place)]) ?? anyPostalCode).test(value.trim()),
      defaultMessage: () => '$property must be a postal code of the country',
    },
  });

const IsState = (): PropertyDecorator =>
  ValidateBy({
    name: 'isState',
    validator: {
      validate: (value, place) => {
        const country = place ? countryOf(place) : '';
        if (value == null || value === '') return withoutStates.has(country);
        if (typeof value !== 'string' || value.length > 64) return false;
        return country !== 'US' || usStates.has(value.toUpperCase().replace(/^US-/, ''));
      },
      defaultMessage: () => '$property must be a state of the country, by its code in the US',
    },
  });

/** Every member that is wrong is named, so that the agent asks the buyer for just these. */
export class ShippingAddressDto {
  @ApiProperty({ description: 'Who receives it', example: 'Ada Example' })
  @IsLine()
  name: string;

  @ApiProperty({ example: '1 Main Street', description: 'Street and number' })
  @IsLine()
  street: string;

  @ApiProperty({ example: 'San Francisco', description: 'The city' })
  @IsLine()
  city: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Required but in GB, DE and FR; in the US the code, `CA` or `US-CA`',
    example: 'CA',
  })
  @IsState()
  state?: string | null;

  @ApiProperty({ description: 'Postal code', example: '94105' })
  @IsPostalCode()
  zip: string;

  @ApiProperty({ description: 'ISO 3166-1 alpha-2', example: 'US' })
  @Matches(/^[A-Za-z]{2}$/, { message: '$property must be an ISO 3166-1 alpha-2 code' })
  @IsString()
  country: string;
}
